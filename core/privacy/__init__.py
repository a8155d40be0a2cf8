"""Text -> spans -> surrogates -> anonymized text. Importing it loads nothing heavy."""

from core.privacy.detection.detector import Detector, build_detector, new_spans
from core.privacy.detection.project_names import NameSearch, people_in
from core.privacy.detection.propagation import propagate
from core.privacy.detection.rows_file import detect_file
from core.privacy.lists.detector import ListedDetector, Lists
from core.privacy.replacement.masking import Edit, Masked, mask
from core.privacy.replacement.surrogates import SurrogateTable, new_key

__all__ = [
    "Detector",
    "Edit",
    "ListedDetector",
    "Lists",
    "Masked",
    "NameSearch",
    "SurrogateTable",
    "build_detector",
    "detect_file",
    "mask",
    "new_key",
    "new_spans",
    "people_in",
    "propagate",
]
