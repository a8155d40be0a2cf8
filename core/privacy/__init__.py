"""Text -> spans -> surrogates -> anonymized text, and the rules of review. Importing it loads nothing heavy."""

from core.privacy.detection.detector import Detector, build_detector, new_spans
from core.privacy.detection.project_names import NameSearch, people
from core.privacy.detection.propagation import propagate
from core.privacy.detection.rows_file import detect_file
from core.privacy.lists.detector import ListedDetector, Lists
from core.privacy.replacement.masking import Edit, Masked, mask
from core.privacy.replacement.project_surrogates import store_surrogates, surrogate_table
from core.privacy.replacement.surrogates import SurrogateTable, new_key
from core.privacy.review.approved import MaskedValues, approved_masking, masked_passages

__all__ = [
    "Detector",
    "Edit",
    "ListedDetector",
    "Lists",
    "Masked",
    "MaskedValues",
    "NameSearch",
    "SurrogateTable",
    "approved_masking",
    "build_detector",
    "detect_file",
    "mask",
    "masked_passages",
    "new_key",
    "new_spans",
    "people",
    "propagate",
    "store_surrogates",
    "surrogate_table",
]
