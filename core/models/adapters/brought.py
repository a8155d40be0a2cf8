"""An adapter that somebody brings, in peft's format: looked at before it is copied, without running anything in it."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.models.adapters.belonging import Told, told_base
from core.models.adapters.description import COPY_AGAIN, read_description
from core.models.adapters.weights import Adapter, read_weights
from core.models.card import CARD, license_files
from core.models.intake.carried import ADAPTER, ADAPTER_WEIGHTS, PICKLED, SAVE_AGAIN
from core.models.shapes import Base

TEMPLATE, TOKENIZER = "chat_template.jinja", "tokenizer_config.json"
LONGEST_BYTES = 5_000_000  # of a file with a chat template


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtAdapter:
    """An adapter that can be taken: `files` are copied; its description and template (Jinja; "" for none) are written."""

    files: tuple[Path, ...]
    adapter: Adapter
    told: Told
    template: str

    def texts(self, base: Base) -> dict[str, str]:
        """Return the files to write, by their names, for this adapter on `base`."""
        layers = self.adapter.layers
        is_transposed = any(base.layers[layer].is_transposed for layer in layers)
        config = json.dumps(self.adapter.described.as_peft(layers, is_transposed=is_transposed), indent=1)
        return {ADAPTER: config} | ({TEMPLATE: self.template} if self.template else {})


def look_at_adapter(folder: Path, name: str) -> BroughtAdapter:
    """Check all of an adapter that needs no base; `name` is what messages call it.

    Raises:
        InputError: it holds no LoRA adapter in safetensors, or one that is damaged or does what is not done here.
    """
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        is_pickled = any(file.suffix in PICKLED for file in folder.iterdir())
        found = "only pickled weights" if is_pickled else f"no {ADAPTER_WEIGHTS}"
        raise InputError(f"The adapter {name!r} holds {found}.", SAVE_AGAIN if is_pickled else COPY_AGAIN)
    if weights.stat().st_size == 0:
        raise InputError(f"The weights of the adapter {name!r} are an empty file.", COPY_AGAIN)
    described = read_description(folder, name)
    adapter = read_weights(folder, described, name)
    kept = [file for file in (folder / CARD,) if file.is_file()]
    return BroughtAdapter(
        files=(weights, *kept, *license_files(folder)),
        adapter=adapter,
        told=told_base(folder, described.made_for),
        template=template_in(folder),
    )


def template_in(folder: Path) -> str:
    """Return the chat template that lies with an adapter, as its training used it; "" if there is none."""
    if (file := folder / TEMPLATE).is_file() and file.stat().st_size <= LONGEST_BYTES:
        return file.read_text(encoding="utf-8", errors="replace")
    if not (file := folder / TOKENIZER).is_file() or file.stat().st_size > LONGEST_BYTES:
        return ""
    try:
        told = json.loads(file.read_text(encoding="utf-8")).get("chat_template")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return told if isinstance(told, str) else ""
