"""The description of an adapter that somebody brings: peft's `adapter_config.json`, read as data and written anew.

peft imports a module that a description names and runs the regular expressions in it. Neither is taken over: of what is
read here only plain numbers and names go on, and whatever would change an answer in a way not known here is refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import InputError
from core.models.intake.carried import ADAPTER

LONGEST_BYTES = 1_000_000  # of a description; peft's own have 1 to 50 kB
LARGEST_RANK = 4096
NAME = re.compile(r"\w[\w.-]{0,199}")
COPY_AGAIN = "Copy the adapter again from where it was made."
MERGE = "Merge it into its model where it was made (merge_and_unload in peft), and add the merged model."

# peft's names of other kinds of adapters, in the words of their papers.
KINDS = {
    "IA3": "IA³",
    "PROMPT_TUNING": "prompt tuning",
    "MULTITASK_PROMPT_TUNING": "prompt tuning",
    "P_TUNING": "p-tuning",
    "PREFIX_TUNING": "prefix tuning",
    "ADAPTION_PROMPT": "adaption prompts",
    "ADALORA": "AdaLoRA",
    "LN_TUNING": "tuned norms",
    "VERA": "VeRA",
    "LOHA": "LoHa",
    "LOKR": "LoKr",
    "OFT": "OFT",
    "BOFT": "BOFT",
}
# Ways to begin a training that leave the base as it is; the others (PiSSA, OLoRA, CorDA, LoftQ) change its weights, too.
PLAIN_BEGINNINGS = (None, True, False, "gaussian", "eva", "orthogonal")
USED = {
    "peft_type", "task_type", "base_model_name_or_path", "r", "lora_alpha", "use_rslora", "use_dora", "fan_in_fan_out",
    "bias", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "modules_to_save",
    "rank_pattern", "alpha_pattern", "init_lora_weights",
}  # fmt: skip
# Of training alone, of other programs, or numbers that mean something only together with what is refused.
LEFT = {
    "auto_mapping", "revision", "inference_mode", "lora_dropout", "loftq_config", "eva_config", "corda_config",
    "lora_ga_config", "velora_config", "runtime_config", "megatron_core", "qalora_group_size", "peft_version",
    "ensure_weight_tying",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an adapter says of itself.

    `ranks` and `alphas` are those that differ from `rank` and `alpha`, by the ends of the names of the layers that they are
    for. `targets` are the ends of the names of all layers that it adapts; None if it says so by an expression.
    """

    made_for: str  # the name of its base; "" if it does not say
    rank: int
    alpha: float
    is_rank_stabilized: bool = False  # scaled by the root of the rank (Kalajdzievski 2023)
    has_magnitudes: bool = False  # DoRA (Liu et al. 2024)
    targets: tuple[str, ...] | None = None
    is_of_some_layers: bool = False  # whether it adapts only some of the layers that `targets` name
    replaced: tuple[str, ...] = ()  # ends of the names of layers that it brings whole (`modules_to_save`)
    ranks: Mapping[str, int] = field(default_factory=dict)
    alphas: Mapping[str, float] = field(default_factory=dict)

    def rank_of(self, layer: str) -> int:
        """Return the rank that the description gives to a layer."""
        return next((rank for end, rank in self.ranks.items() if _ends(layer, end)), self.rank)

    def alpha_of(self, layer: str) -> float:
        """Return the alpha that the description gives to a layer."""
        return next((alpha for end, alpha in self.alphas.items() if _ends(layer, end)), self.alpha)

    def is_target(self, layer: str) -> bool:
        """Return whether a layer is among those that the description names; true if it names them by an expression."""
        return self.targets is None or any(_ends(layer, end) for end in self.targets)

    def is_replaced(self, layer: str) -> bool:
        """Return whether the adapter brings a layer whole."""
        return any(_ends(layer, end) for end in self.replaced)

    def as_peft(self, layers: tuple[str, ...], *, is_transposed: bool) -> dict[str, Any]:
        """Return a description for peft of an adapter on `layers` that names each of them and holds no expression.

        `is_transposed` says whether they store their weights as (inputs, outputs).
        """
        ranks = {layer: self.rank_of(layer) for layer in layers if self.rank_of(layer) != self.rank}
        alphas = {layer: self.alpha_of(layer) for layer in layers if self.alpha_of(layer) != self.alpha}
        return {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": "",
            "inference_mode": True,
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "use_rslora": self.is_rank_stabilized,
            "use_dora": self.has_magnitudes,
            "fan_in_fan_out": is_transposed,
            "target_modules": sorted(layers),
            "modules_to_save": list(self.replaced) or None,
            "rank_pattern": ranks,
            "alpha_pattern": alphas,
        }


def read_description(folder: Path, name: str) -> Description:
    """Read the description in `folder`; `name` is what messages call the adapter.

    Raises:
        InputError: it is damaged, of another kind than LoRA, or says something that would not be done here.
    """
    told = _told(folder / ADAPTER, name)
    _check_kind(told, name)
    _check_known(told, name)
    try:
        return _description(told)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"The {ADAPTER} of {name!r} is damaged, or says what is not understood here.", MERGE) from error


def _told(path: Path, name: str) -> dict[str, Any]:
    if path.stat().st_size > LONGEST_BYTES:
        raise InputError(f"The {ADAPTER} of {name!r} is far too long for a description.", COPY_AGAIN)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"The {ADAPTER} of {name!r} is damaged.", COPY_AGAIN) from error
    if not isinstance(told, dict):
        raise InputError(f"The {ADAPTER} of {name!r} is damaged.", COPY_AGAIN)
    return told


def _check_kind(told: Mapping[str, Any], name: str) -> None:
    kind = str(told.get("peft_type") or "").upper()
    if kind != "LORA":
        words = KINDS.get(kind) or (kind[:40] if NAME.fullmatch(kind) else "not stated")
        raise InputError(f"{name!r} is an adapter of another kind than LoRA: {words}.", f"Train it as LoRA. {MERGE}")
    task = told.get("task_type")
    if task not in (None, "", "CAUSAL_LM"):
        raise InputError(
            f"{name!r} is an adapter for another task than writing text ({str(task)[:40]!r}).",
            "Bring one that was trained for CAUSAL_LM.",
        )


def _check_known(told: Mapping[str, Any], name: str) -> None:
    """Raise if the description asks for something that would change the answer and is not done here."""
    if told.get("bias") not in (None, "none") or told.get("lora_bias"):
        raise InputError(f"{name!r} changes biases of its model, which only its own program applies.", MERGE)
    if told.get("init_lora_weights") not in PLAIN_BEGINNINGS:
        began = str(told["init_lora_weights"])[:40]
        raise InputError(
            f"{name!r} began with {began!r}, which changes the weights of its model, too.",
            f"Save it as plain LoRA (path_initial_model_for_weight_conversion in peft). Or else: {MERGE}",
        )
    unknown = sorted(key for key, value in told.items() if value and key not in USED | LEFT)
    if unknown:
        names = ", ".join(repr(key[:40]) for key in unknown[:3])
        raise InputError(f"{name!r} asks for what is not done here: {names}.", MERGE)


def _description(told: Mapping[str, Any]) -> Description:
    targets = told.get("target_modules")
    some = any(told.get(key) not in (None, [], "") for key in ("exclude_modules", "layers_to_transform", "layers_pattern"))
    return Description(
        made_for=_base_name(told.get("base_model_name_or_path")),
        rank=_rank(told.get("r", 8)),  # peft's own defaults
        alpha=_number(told.get("lora_alpha", 8)),
        is_rank_stabilized=bool(told.get("use_rslora")),
        has_magnitudes=bool(told.get("use_dora")),
        targets=tuple(_name(each) for each in targets) if isinstance(targets, list) else None,
        is_of_some_layers=some,
        replaced=tuple(_name(each) for each in told.get("modules_to_save") or ()),
        ranks={_end(key): _rank(value) for key, value in (told.get("rank_pattern") or {}).items()},
        alphas={_end(key): _number(value) for key, value in (told.get("alpha_pattern") or {}).items()},
    )


def _base_name(told: Any) -> str:
    """Return the name in what may be the name of a published model or a path of somebody's machine."""
    words = "".join(sign for sign in str(told or "") if sign.isprintable()).replace("\\", "/").strip()
    is_published = words.count("/") == 1 and words[0] not in "/.~" and ":" not in words
    return (words if is_published else PurePosixPath(words).name)[:120]


def _name(told: Any) -> str:
    if not isinstance(told, str) or not NAME.fullmatch(told):
        raise ValueError("a name with other signs than letters, digits, dots, hyphens and underscores")
    return told


def _end(pattern: str) -> str:
    """Return a pattern as the end of a name; with "^" before it, the whole. Other expressions are refused."""
    whole = "^" if pattern.startswith("^") else ""
    return whole + _name(pattern.removeprefix("^").removesuffix("$"))


def _ends(layer: str, end: str) -> bool:
    return layer == end.removeprefix("^") or (not end.startswith("^") and layer.endswith(f".{end}"))


def _rank(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not 0 < told <= LARGEST_RANK:
        raise ValueError("a rank out of range")
    return told


def _number(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, (int, float)) or not 0 < told < 1e6:
        raise ValueError("an alpha out of range")
    return told
