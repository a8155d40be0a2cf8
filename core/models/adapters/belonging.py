"""Which base an adapter belongs to: by the hash that its lineage names, else by name, else by whoever adds it.

Nobody can prove by shapes alone that an adapter was made for a model: a model and what was tuned of it have the same. So
it is said with the adapter how sure that is (`BaseProof`).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import Hint, InputError
from core.models.adapters.weights import Adapter, misfits
from core.models.releases.card import CARD_JSON
from core.models.shapes import Base
from core.records import BaseProof, Model

LINEAGE = "lineage.json"  # beside an adapter that Garrison exported, with its card
LANGUAGE = ("gguf", "safetensors")  # formats of models that an adapter can be for
LONGEST_BYTES = 50_000_000  # of a lineage, which names each row of the data
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The base of an adapter, what it consists of, and how sure it is that this is the one."""

    model: Model
    base: Base
    proof: BaseProof


@dataclass(frozen=True, slots=True)
class Told:
    """The base that an adapter says it was made for: a name and a SHA-256; "" for what it does not say."""

    name: str
    sha256: str

    @property
    def words(self) -> str:
        """What a message calls it."""
        named = self.name or "a model that it does not name"
        return f"{named} (SHA-256 {self.sha256[:12]}…)" if self.sha256 else named


def told_base(folder: Path, made_for: str) -> Told:
    """Return the base that the lineage or card of Garrison in `folder` names; else the name `made_for` alone."""
    lineage, card = _read(folder / LINEAGE), _read(folder / CARD_JSON)
    runs = lineage.get("runs")
    run = runs[-1] if isinstance(runs, list) and runs and isinstance(runs[-1], dict) else {}
    base = card.get("base")
    base = base if isinstance(base, dict) else {}
    for name, sha256 in ((run.get("model"), run.get("model_sha256")), (base.get("name"), base.get("sha256"))):
        if isinstance(sha256, str) and SHA256.fullmatch(sha256):
            return Told(_plain(name), sha256)
    return Told(made_for, "")


def choose_base(adapter: Adapter, told: Told, models: Sequence[Model], *, name: str, chosen: str = "") -> Chosen:
    """Return the base of an adapter that is called `name` in messages.

    Args:
        adapter: what was brought.
        told: what it says it was made for.
        models: the models on this machine.
        name: what messages call the adapter.
        chosen: the name of the model that it is offered to; "" to take the one that its hash or name tells.

    Raises:
        InputError: it is for another model, that model is not here, or somebody must choose.
    """
    models = [model for model in models if model.format in LANGUAGE]
    if chosen:
        model = next((model for model in models if model.name == chosen), None)
        if model is None:
            raise InputError(f"There is no language model {chosen!r} on this machine.", _present(models))
        return _checked(adapter, told, model, name)
    if told.sha256:
        model = next((model for model in models if model.sha256 == told.sha256), None)
        if model is None:
            raise InputError(
                f"{name!r} was made for {told.words}, which is not on this machine.", "Add that model first, then this."
            )
        return _checked(adapter, told, model, name)
    named = next((model for model in models if _is_named(model, told.name)), None)
    if named is not None:
        return _checked(adapter, told, named, name)
    fitting = [model.name for model in models if _fits(adapter, model)]
    if not fitting:
        raise InputError(f"{name!r} was made for {told.words}, and fits no model on this machine.", "Add that model first.")
    raise InputError(
        f"{name!r} was made for {told.words}. By its sizes it may belong to {' or '.join(fitting)}.",
        Hint("Choose its base if you know which it is.", command=f"garrison models add PATH --base {fitting[0]}"),
    )


def _checked(adapter: Adapter, told: Told, model: Model, name: str) -> Chosen:
    if told.sha256 and model.sha256 != told.sha256:
        raise InputError(
            f"{name!r} was made for {told.words} and cannot be put on {model.name} (SHA-256 {model.sha256[:12]}…).",
            "Add the model that it was made for, and choose that.",
        )
    base = _base(model)
    if faults := misfits(adapter, base):
        raise InputError(
            f"{name!r} was made for {told.words} and does not fit {model.name}: {'; '.join(faults)}.",
            "Choose the model that it was made for; if this is it, copy the adapter again.",
        )
    return Chosen(model, base, "hash" if told.sha256 else "name" if _is_named(model, told.name) else "shapes")


def _base(model: Model) -> Base:
    from core.models.intake.layers import base_at

    return base_at(Path(model.path), model.format)


def _fits(adapter: Adapter, model: Model) -> bool:
    try:
        return not misfits(adapter, _base(model))
    except InputError:  # of a family that transformers does not know
        return False


def _is_named(model: Model, name: str) -> bool:
    """Return whether a model is called `name`, as it is published, here or by its file."""
    called = _simple(name.rpartition("/")[2])
    return bool(called) and called in {_simple(model.name), _simple(Path(model.source).stem), _simple(model.source)}


def _simple(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _present(models: Sequence[Model]) -> str:
    return f"Choose one of these: {', '.join(model.name for model in models) or 'none is here yet'}."


def _plain(name: Any) -> str:
    return "".join(sign for sign in str(name or "") if sign.isprintable())[:120]


def _read(path: Path) -> dict[str, Any]:
    """Return a JSON object in a file that came from elsewhere; {} if it is none."""
    if not path.is_file() or path.stat().st_size > LONGEST_BYTES:
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
