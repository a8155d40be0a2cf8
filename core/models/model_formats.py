"""The formats of models and what a model of each is used for: whoever needs models for a purpose asks here.

A new one is a record here and its name in `core.records.ModelFormat`; the code that loads it stands with the others, see
docs/extending.md.
"""

from dataclasses import dataclass
from typing import Literal

from core.records import Model, ModelFormat

Use = Literal["questions", "training", "chat", "finding personal data", "comparing questions"]


@dataclass(frozen=True, slots=True)
class WeightFormat:
    """A format of models, and what they are used for; a language model can chat."""

    name: ModelFormat
    uses: tuple[Use, ...]


MODEL_FORMATS: dict[str, WeightFormat] = {
    form.name: form
    for form in (
        WeightFormat("gguf", ("questions", "training", "chat")),
        WeightFormat("safetensors", ("training", "chat")),
        WeightFormat("adapter", ("chat",)),  # LoRA in peft's format, on a model of one of the two above
        WeightFormat("spacy", ("finding personal data",)),  # ships with the product, as the next
        WeightFormat("onnx", ("finding personal data",)),
        WeightFormat("embedding", ("comparing questions",)),  # ONNX weights of sentence embeddings, and their tokenizer
    )
}


def is_for(model: Model, use: Use) -> bool:
    """Return whether `model` can be used for `use`."""
    if use == "training" and model.training_fault:
        return False
    return use in MODEL_FORMATS[model.format].uses


def uses_in_words(model: Model) -> str:
    """Return what a model can be used for as the pages show it, such as "Training, chat"."""
    return ", ".join(use for use in MODEL_FORMATS[model.format].uses if is_for(model, use)).capitalize()
