"""What a person wants of a training, and the settings that follow from it for these pairs, this model and this machine.

Each derived value comes with its reason, in a sentence that the Train page and `garrison train --plan` show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.records import Model
from core.settings import EXACT, Goal, Precision, TrainingSettings
from core.training.fit import HARMED_BELOW, LORA_SHARE, Amount, Fit, estimate, weight_count
from core.training.speeds import WORTH, gain_of_bf16
from core.words import check_choice, counted, duration, size

# The embedded model learns at 1e-3 (docs/decisions/training.md). The best rate falls with the width of a model to the power
# .78 (Schulman and others 2025, "LoRA without regret"), and width grows with the root of the number of weights.
REFERENCE_RATE, REFERENCE_WEIGHTS, RATE_POWER = 1e-3, 134.5e6, 0.39
WHOLE_RATE = 0.1  # of an adapter's best rate where all weights learn (the same source)
# Preferences are learned with far smaller steps than answers: Tunstall et al. 2023 (Zephyr) took 2e-5 and 5e-7, and three
# epochs at most, after which a run says less and less of either answer.
PREFERENCE_RATE, SHOWN_PREFERENCES = 0.05, 3.0
# A fact of a dozen words holds some 80 bits, and a weight 2 of them after many repetitions (Allen-Zhu and Li 2024,
# "Physics of language models" 3.3); an adapter a hundred times as large leaves room for what is not learned perfectly.
WEIGHTS_OF_FACT = 100 * 80 / 2
# Everyday questions among the rows keep a run to what it knew. With the embedded model an eighth of the rows at this weight
# kept its English and took nothing from what it learned; at three times the weight it learned far less (docs/training.md).
GENERAL_SHARE, GENERAL_WEIGHT = 0.125, 0.3
RANKS = (8, 16, 32, 64, 128)
FOUND = ("learning_rate", "lora_rank", "epochs", "layers", "passage_share")  # what a search chooses
FEWEST_SHOWN = 2  # times that each fact is shown, however little time there is
FROM_LARGE_TO_SMALL: tuple[Precision, ...] = ("fp32", "bf16", "8bit", "4bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What one goal asks for: how often each fact is shown, in whichever of its wordings, and the smallest adapter."""

    shown: float
    least_rank: int
    rate_share: float = 1.0  # of the learning rate that fits the model
    keeps_general: bool = False  # whether everyday questions are to keep the run to what its model knew


AIMS: Mapping[Goal, Aim] = {
    "quick": Aim(shown=5, least_rank=8),
    "facts": Aim(shown=15, least_rank=16, keeps_general=True),
    "heart": Aim(shown=30, least_rank=32, keeps_general=True),
    "style": Aim(shown=3, least_rank=8, rate_share=0.3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the settings are derived for; `minutes` is the time allowed, None for as long as it takes."""

    model: Model
    amount: Amount
    tokens_per_s: float  # measured on an earlier run of this model; 0 if there is none
    free_memory_bytes: float
    free_disk_bytes: float
    expert_weights: int = 0  # of these, how many belong to experts
    preferences: int = 0  # questions with an answer that reviewers preferred to another
    minutes: float | None = None
    is_busy: bool = False  # whether other programs keep the machine busy
    gpu_bytes: Sequence[float] = ()  # the memory of each GPU, if there are several
    speeds: Mapping[str, float] = field(default_factory=dict)  # of products by precision, if they were measured here

    def fit(self, settings: TrainingSettings) -> Fit:
        """Estimate what a training with `settings` needs here."""
        return estimate(
            self.model,
            settings,
            amount=self.amount.of_preferences(self.preferences) if settings.objective == "dpo" else self.amount,
            expert_weights=self.expert_weights,
            tokens_per_s=self.tokens_per_s,
            free_memory_bytes=self.free_memory_bytes,
            free_disk_bytes=self.free_disk_bytes,
            is_busy=self.is_busy,
            gpus=len(self.gpu_bytes),
        )


@dataclass(frozen=True, slots=True)
class Derived:
    """Settings, and for those that were derived the reason in a sentence, by the setting's name.

    `warning` says why the settings may do harm; "" if nothing is known to.
    """

    settings: TrainingSettings
    reasons: Mapping[str, str]
    warning: str = ""


def derive(goal: str, situation: Situation, changes: Mapping[str, Any] | None = None) -> Derived:
    """Return the settings for a goal, with what a person changed, and the reason for each value that was derived.

    Raises:
        InputError: the goal or a changed setting is unknown, or a value is out of range.
    """
    check_choice("goal", goal, AIMS)
    changed = dict(changes or {})
    values: dict[str, Any] = {"goal": goal}
    reasons: dict[str, str] = {}
    aim, is_preferring = AIMS[goal], changed.get("objective") == "dpo"  # type: ignore[index]
    aim = replace(aim, keeps_general=aim.keeps_general and not is_preferring)
    derived = _derived(aim, situation, is_whole=changed.get("method") == "full")
    if is_preferring:
        derived |= _preferring(situation, derived["learning_rate"][0])
    for name, (value, reason) in derived.items():
        values[name] = value
        if name not in changed:
            reasons[name] = reason
    settings = TrainingSettings.from_values({**values, **changed})
    if "precision" not in changed:
        settings, reasons["precision"] = _with_precision(settings, situation)
    settings, why = _divided(settings, situation, changed)
    reasons |= why
    if "epochs" not in changed and not settings.max_steps:
        settings, reasons["epochs"] = _in_time(settings, situation, reasons["epochs"])
    return Derived(settings, reasons, warning_of(settings, situation.model))


def as_found(found: TrainingSettings, situation: Situation, changes: Mapping[str, Any] | None = None) -> Derived:
    """Return settings that a search found, with what a person changed, and as many repetitions as the time allows.

    Raises:
        InputError: a changed setting is unknown, or a value is out of range.
    """
    changed = dict(changes or {})
    settings = TrainingSettings.from_values({**found.model_dump(), **changed})
    reasons = {name: "From this project's own goal, which a search found." for name in FOUND if name not in changed}
    settings, why = _divided(settings, situation, changed)
    reasons |= why
    if "epochs" not in changed and not settings.max_steps:
        settings, reasons["epochs"] = _in_time(settings, situation, reasons["epochs"])
    return Derived(settings, reasons, warning_of(settings, situation.model))


def warning_of(settings: TrainingSettings, model: Model) -> str:
    """Return why a training may do harm, in sentences for everybody; "" if nothing is known to."""
    weights = weight_count(model)
    if settings.method != "full" or weights >= HARMED_BELOW:
        return ""
    return (
        f"All {weights / 1e6:,.0f} million weights of the model are to learn. Below {HARMED_BELOW / 1e6:,.0f} million this "
        "has been found to harm a model: it forgets more than it gains. An adapter learns the same facts beside the model."
    )


def _derived(aim: Aim, situation: Situation, *, is_whole: bool) -> dict[str, tuple[Any, str]]:
    weights, facts = weight_count(situation.model), situation.amount.facts
    rank = max(aim.least_rank, _rank(weights, facts))
    rate = aim.rate_share * REFERENCE_RATE * (REFERENCE_WEIGHTS / weights) ** RATE_POWER
    of_size = f"a model of {weights / 1e6:,.0f} million weights"
    epochs = (aim.shown, f"Each of the {counted(facts, 'fact')} is shown {aim.shown:g} times, in different words.")
    if is_whole:
        why = f"A tenth of what fits an adapter on {of_size}: all weights learn at once."
        return {"epochs": epochs, "learning_rate": (float(f"{rate * WHOLE_RATE:.2g}"), why)}
    kept: dict[str, tuple[Any, str]] = {}
    if aim.keeps_general:
        kept["general_share"] = (GENERAL_SHARE, "One row of eight is an everyday question, so that it forgets less.")
        kept["general_weight"] = (GENERAL_WEIGHT, "Enough to keep what it knew, and little enough to learn the facts.")
    is_larger = rank > aim.least_rank
    room = f"Room for {counted(facts, 'fact')}" if is_larger else "Room for many more facts than there are"
    return {
        "epochs": epochs,
        "lora_rank": (rank, f"{room}: the adapter gets {_adapter_weights(weights, rank) / 1e6:.1f} million weights."),
        "lora_alpha": (2 * rank, "Twice the rank, as usual."),
        "learning_rate": (float(f"{rate:.2g}"), f"What fits {of_size}: larger ones learn with smaller steps."),
        **kept,
    }


def _preferring(situation: Situation, rate: float) -> dict[str, tuple[Any, str]]:
    """Return what differs where a run learns which answers reviewers preferred."""
    asked = counted(situation.preferences, "question")
    return {
        "epochs": (SHOWN_PREFERENCES, f"Each of the {asked} with two answers is shown {SHOWN_PREFERENCES:g} times."),
        "learning_rate": (float(f"{rate * PREFERENCE_RATE:.2g}"), "A twentieth of what fits learning answers themselves."),
    }


def _adapter_weights(weights: float, rank: int) -> float:
    return weights * LORA_SHARE * rank


def _rank(weights: float, facts: int) -> int:
    """Return the smallest rank whose adapter has WEIGHTS_OF_FACT weights for each fact."""
    return next((rank for rank in RANKS if _adapter_weights(weights, rank) >= facts * WEIGHTS_OF_FACT), RANKS[-1])


def _with_precision(settings: TrainingSettings, situation: Situation) -> tuple[TrainingSettings, str]:
    """Return the settings with the most exact numbers that fit into memory, or faster ones that are nearly so, and why."""
    gain, fast = gain_of_bf16(situation.speeds), settings.model_copy(update={"precision": "bf16"})
    if gain is not None and gain >= WORTH and situation.fit(fast).is_memory_enough:
        return fast, f"Measured on this machine: {gain:.1f} times as fast as fp32."
    if settings.method == "full":
        return settings, "Weights that learn need the most exact numbers."
    for precision in FROM_LARGE_TO_SMALL:
        fitting = settings.model_copy(update={"precision": precision})
        if situation.fit(fitting).is_memory_enough:
            is_exact = precision == FROM_LARGE_TO_SMALL[0]
            exact = "The most exact numbers, for which there is memory."
            return fitting, exact if is_exact else "More exact numbers need more memory than is free."
    return settings.model_copy(update={"precision": FROM_LARGE_TO_SMALL[-1]}), "The smallest that there is; it may not fit."


def _divided(
    settings: TrainingSettings, situation: Situation, changed: Mapping[str, Any]
) -> tuple[TrainingSettings, dict[str, str]]:
    """Return the settings with weights divided among all GPUs, and why, if they do not fit on one but do on all together."""
    parts, whole = len(situation.gpu_bytes), situation.fit(settings).process_bytes
    is_possible = settings.method != "full" and settings.objective == "answers"
    if parts < 2 or not is_possible or not changed.keys().isdisjoint(("weights", "processes")):
        return settings, {}
    room = 0.9 * min(situation.gpu_bytes)
    if whole <= room:
        return settings, {}
    for precision in EXACT if "precision" not in changed else {settings.precision}.intersection(EXACT):
        divided = settings.model_copy(update={"weights": "divided", "processes": parts, "precision": precision})
        if situation.fit(divided).process_bytes <= room:
            why = f"The weights are divided among {parts} GPUs: whole they need {size(whole)}, and one has {size(room)}."
            told = {"weights": why, "processes": "One for each GPU."}
            if "precision" not in changed:
                told["precision"] = "The most exact numbers, for which there is memory on all GPUs together."
            return divided, told
    return settings, {}


def _in_time(settings: TrainingSettings, situation: Situation, reason: str) -> tuple[TrainingSettings, str]:
    """Return the settings with as many repetitions as the time allows, and why."""
    if situation.minutes is None:
        return settings, reason
    fit, allowed_s = situation.fit(settings), 60 * situation.minutes
    if fit.duration_s <= allowed_s:
        return settings, f"{reason} That fits the {duration(allowed_s)} allowed."
    each_s = (fit.duration_s - fit.start_s) / settings.epochs
    shown = max(FEWEST_SHOWN, round((allowed_s - fit.start_s) / each_s, 1))
    why = f"Each fact is shown {shown:g} times in place of {settings.epochs:g}, to end within {duration(allowed_s)}."
    return settings.model_copy(update={"epochs": shown}), why
