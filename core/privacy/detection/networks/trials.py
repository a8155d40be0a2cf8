"""A small real task for the libraries that find personal data. Run it in a process that may die."""

from pathlib import Path

from core.embedded import embedded_folder
from core.models import registry

SENTENCE = "Yesterday Colonel Hannah Merrick of Norwich wrote to hannah.merrick@example.org."
NAME = "Hannah Merrick"


def find_name() -> str:
    """Find a name with both embedded models, spaCy and onnxruntime.

    Raises:
        RuntimeError: one of them does not find it.
    """
    from core.privacy.detection.networks.reader import open_reader

    models = registry.list_models([embedded_folder()])
    folders = {model.format: Path(model.path) for model in models}
    ((first, second),) = open_reader(folders["spacy"], folders["onnx"]).read([SENTENCE])
    for library, detections in (("spaCy", first), ("onnxruntime", second)):
        if not any(
            NAME in SENTENCE[span.start : span.end] or SENTENCE[span.start : span.end] in NAME for span in detections
        ):
            raise RuntimeError(f"{library} does not find the name in a sentence")
    return "found a name with both models"
