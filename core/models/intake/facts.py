"""What a language model is, in a few facts for people, read from its configuration and headers in a fraction of a second."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import InputError
from core.models.intake.header import Header, read_header
from core.models.intake.weights import stored_weights
from core.models.model_formats import is_for
from core.models.state_space import STATE_SPACE
from core.records import Model

Attention = Literal["full", "sliding", "none"]

IN_FOLDER, IN_GGUF = ".experts.", "_exps."  # in the names of weights of experts
CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length")
EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A language model's facts; None for what it does not say.

    `attention` is "sliding" if layers look back over `window_tokens` only, and "none" in state-space models, which carry a
    state from token to token.
    """

    family: str
    parameters: int
    expert_parameters: int  # of all experts together
    context_tokens: int | None
    attention: Attention
    window_tokens: int | None
    experts: int | None
    experts_used: int | None  # for each token
    has_template: bool


def facts_of(model: Model) -> Facts | None:
    """Return the facts of a language model; None for other models, and for files that cannot be read."""
    if not is_for(model, "chat"):
        return None
    path = Path(model.path)
    try:
        return _of_gguf(read_header(path)) if model.format == "gguf" else _of_folder(path)
    except (OSError, InputError, ValueError):
        return None


def sentences(facts: Facts) -> dict[str, str]:
    """Return the facts in words, by what they are about, in the order in which they are shown."""
    context = f"{facts.context_tokens:,} tokens" if facts.context_tokens else "not stated"
    attention = {
        "full": "looks back over the whole text",
        "sliding": f"layers look back over the last {facts.window_tokens or 0:,} tokens",
        "none": "none: carries a state from token to token",
    }[facts.attention]
    experts = "none"
    if facts.experts:
        used = f", {facts.experts_used} used for each token" if facts.experts_used else ""
        experts = f"{facts.experts}{used}"
    return {
        "Family": facts.family or "not stated",
        "Parameters": in_words(facts.parameters),
        "Context": context,
        "Attention": attention,
        "Experts": experts,
        "Chat template": "yes" if facts.has_template else "no: questions and answers are marked by words",
    }


def in_words(count: int) -> str:
    """Return a number of parameters as people say it, such as "134.5 million"."""
    for factor, word in ((1e9, "billion"), (1e6, "million")):
        if count >= factor:
            return f"{count / factor:.1f} {word}"
    return f"{count:,}"


def _of_gguf(header: Header) -> Facts:
    window = header.of_family("attention.sliding_window")
    has_heads = header.of_family("attention.head_count") or not header.of_family("ssm.state_size")
    return Facts(
        family=header.architecture,
        parameters=sum(tensor.count for tensor in header.tensors),
        expert_parameters=sum(tensor.count for tensor in header.tensors if IN_GGUF in tensor.name),
        context_tokens=header.of_family("context_length"),
        attention=("sliding" if window else "full") if has_heads else "none",
        window_tokens=window,
        experts=header.of_family("expert_count") or None,
        experts_used=header.of_family("expert_used_count") or None,
        has_template=header.get("tokenizer.chat_template") is not None,
    )


def _of_folder(folder: Path) -> Facts:
    told = _json(folder / "config.json")
    config = told | (told.get("text_config") or {})
    family = str(told.get("model_type", ""))
    window = _window(config)
    weights = stored_weights(folder, folder.name)
    return Facts(
        family=family,
        parameters=sum(weight.count for weight in weights.values()),
        expert_parameters=sum(weight.count for name, weight in weights.items() if IN_FOLDER in name),
        context_tokens=_first(config, CONTEXT),
        attention="none" if family in STATE_SPACE else "sliding" if window else "full",
        window_tokens=window,
        experts=_first(config, EXPERTS),
        experts_used=_first(config, ("num_experts_per_tok",)),
        has_template=(folder / "chat_template.jinja").is_file()
        or "chat_template" in _json(folder / "tokenizer_config.json"),
    )


def _window(config: dict[str, Any]) -> int | None:
    kinds = config.get("layer_types") or ["sliding_attention"]
    is_used = config.get("use_sliding_window", True) and "sliding_attention" in kinds
    return _first(config, ("sliding_window",)) if is_used else None


def _first(config: dict[str, Any], keys: tuple[str, ...]) -> int | None:
    return next((value for key in keys if isinstance(value := config.get(key), int) and value), None)


def _json(path: Path) -> dict[str, Any]:
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return told if isinstance(told, dict) else {}
