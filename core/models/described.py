"""What a model is, in lines for people: the same on the command line and on the page Models."""

from pathlib import Path

from core.errors import GarrisonError, InputError
from core.models.adapters.description import read_description
from core.models.adapters.weights import read_weights
from core.models.intake.facts import facts_of, sentences
from core.models.model_formats import uses_in_words
from core.records import BaseProof, Model
from core.words import counted

PROOFS: dict[BaseProof, str] = {
    "hash": "its lineage names the SHA-256 of this model",
    "name": "it names this model, and its weights fit",
    "shapes": "its weights fit; nothing proves that it was made for this model",
    "": "nobody looked",
}


def lines_of(model: Model) -> dict[str, str]:
    """Return what a model is, in words by what they are about, in the order in which they are shown."""
    facts = facts_of(model)
    lines = _adapter_lines(model) if model.format == "adapter" else sentences(facts) if facts else {}
    if model.format == "safetensors" and facts:
        lines["Opened now"] = opened_now(model)
    return lines | {"License": model.license or "not stated", "Used for": uses_in_words(model)}


def opened_now(model: Model) -> str:
    """Return how a safetensors model would be opened for chat, by what is free now: its precision, and what lies where."""
    from core.models.devices import loading_of  # imports torch

    try:
        return loading_of(Path(model.path)).words
    except GarrisonError as error:
        return error.message


def _adapter_lines(model: Model) -> dict[str, str]:
    lines = {
        "Adapter on": f"{model.base} ({PROOFS.get(model.base_proof, PROOFS[''])})",
        "Made for": model.made_for or "not stated",
    }
    try:
        described = read_description(Path(model.path), model.name)
        adapter = read_weights(Path(model.path), described, model.name)
    except (OSError, InputError):
        return lines
    kind = "DoRA" if described.has_magnitudes else "LoRA"
    ranks = adapter.ranks
    rank = f"rank {ranks[0]}" if len(ranks) == 1 else f"ranks {ranks[0]} to {ranks[-1]}"
    whole = f", {counted(len(adapter.others), 'weight')} in place of the base's" if adapter.others else ""
    return lines | {"Kind": f"{kind}, {rank}, {counted(len(adapter.layers), 'layer')}{whole}"}
