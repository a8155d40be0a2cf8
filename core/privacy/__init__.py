"""Text -> spans -> surrogates -> anonymized text, and the rules of review. Importing it loads nothing heavy."""

from core.privacy.approved import MaskedValues, approved_masking, masked_passages
from core.privacy.detection import Detector, build_detector, new_spans
from core.privacy.lists import ListedDetector, Lists
from core.privacy.masking import Edit, Masked, mask
from core.privacy.project_names import NameSearch, people
from core.privacy.project_surrogates import store_surrogates, surrogate_table
from core.privacy.propagation import propagate
from core.privacy.rows_file import detect_file
from core.privacy.surrogates import SurrogateTable, new_key

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
