"""Settings people can change, validated on entry: pydantic models whose field names carry their units."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import Hint, InputError

_GOALS_OF_PRESETS = {"quick": "quick", "standard": "facts", "thorough": "heart"}
Goal = Literal["quick", "facts", "heart", "style"]
Keep = Literal["best", "last"]
Objective = Literal["answers", "dpo"]
Method = Literal["lora", "rslora", "dora", "full"]
Weights = Literal["whole", "divided"]
Layers = Literal["all", "mlp", "attention"]
DetectionLevel = Literal["standard", "thorough"]
SplitChoice = Literal["auto", "document", "passage", "wording"]
Precision = Literal["fp32", "bf16", "fp16", "8bit", "4bit"]
MOST_BESIDES = 0.75  # of the rows of a training step, what is no question pair
EXACT: tuple[Precision, ...] = ("fp32", "bf16")  # weights that can be trained themselves
EMBEDDED_MODEL = "smollm2-135m-instruct"  # the language model that every installation has


def default_home() -> Path:
    """Return the default workspace folder: `GARRISON_HOME`, or the platform's application data folder."""
    chosen = os.environ.get("GARRISON_HOME", "")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("garrison", appauthor=False))


def _listed(value: Any) -> Any:
    """Split "a, b" as it is written on the command line; anything else is taken as it is."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Settings(BaseModel):
    """Base of all settings: frozen, and unknown names are errors, so that a typo is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Self:
        """Validate `values` together, raising a single InputError that names every bad one."""
        try:
            return cls(**values)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}" for fault in error.errors()
            )
            names = ", ".join(sorted(cls.model_fields))
            raise InputError(f"These settings cannot be used: {faults}.", f"Settings are: {names}.") from error

    def in_full(self) -> Self:
        """Return these settings with every value given, so that what is stored holds when a default changes."""
        return type(self)(**self.model_dump())


class DetectionSettings(Settings):
    """How hard to search for personal data: `thorough` also asks a second model and takes at least twice as long."""

    level: DetectionLevel = "thorough"


class SearchSettings(DetectionSettings):
    """Which texts to search: those not searched yet; with `again`, also those searched before."""

    again: bool = False


class SplitSettings(Settings):
    """How to cut a document into passages; lengths are in tokens of the embedded model (about 0.75 words each)."""

    passage_tokens: int = Field(default=256, ge=32, le=2048)


AnswerStyle = Literal["bare", "short", "full"]  # the fact alone, in a short sentence, or the sentence it stands in


class GenerationSettings(Settings):
    """How to generate question pairs."""

    model: str = EMBEDDED_MODEL
    writer: str = "auto"  # a name of `core.questions.writers.registry.WRITERS`; "auto": as the model can, by a trial
    per_passage: int = Field(default=8, ge=1, le=50)  # facts asked for
    wordings: int = Field(default=5, ge=1, le=10)  # of each fact
    model_wordings: int = Field(default=0, ge=0, le=5)  # of these, how many the model may write
    answers: AnswerStyle = "bare"
    batch_sequences: int = Field(default=8, ge=1, le=32)  # sequences decoded in parallel
    unanswerable_share: float = Field(default=0.1, ge=0, le=0.5)  # questions that no document answers, of all questions
    prompts: dict[str, str] = {}  # prompts in place of those that ship, by their name
    seed: int = 0


class FilterSettings(Settings):
    """Which question pairs to keep; lengths are in characters.

    `on` and `off` name filters by their reason (`core.questions.filters.registry.FILTERS`): those switched on that usually
    are not, and those switched off.
    """

    on: Names = ()
    off: Names = ()
    forbidden_words: Names = ()  # the site's own list: words and phrases that no pair may hold
    min_question_characters: int = Field(default=12, ge=1, le=1000, title="Shortest question", description="In characters.")
    max_question_characters: int = Field(
        default=300, ge=1, le=10_000, title="Longest question", description="In characters."
    )
    min_answer_characters: int = Field(
        default=1, ge=1, le=1000, title="Shortest answer", description='In characters. "No" has two.'
    )
    max_answer_characters: int = Field(default=600, ge=1, le=100_000, title="Longest answer", description="In characters.")
    max_copied: float = Field(
        default=1.0, ge=0, le=1, title="Drop from", description="Share of the answer's words that stand in the question."
    )
    min_language_fit: float = Field(
        default=0.005, ge=0, le=1, title="Drop below", description="How likely it is the language of the document."
    )
    max_ungrounded: int = Field(
        default=0, ge=0, le=100, title="Unknown allowed", description="Numbers, names and units that the text lacks."
    )
    min_answered: float = Field(
        default=0.5, ge=0, le=1, title="Drop below", description="How alike the words of both answers are (token F1)."
    )
    max_known: float = Field(default=0.8, ge=0, le=1)  # from here on, a model knew the answer without the passage (token F1)
    max_alike: float = Field(
        default=0.9, ge=0.5, le=1, title="Same from", description="Share of words that two questions have in common."
    )
    max_same_answers: int = Field(
        default=3, ge=1, le=1000, title="Pairs an answer", description="How many pairs may share a long answer."
    )
    max_same_meaning: float = Field(
        default=0.95, ge=0.5, le=1, title="Same from", description="How alike the meaning is (cosine)."
    )


class TrainingSettings(Settings):
    """One training run. A goal derives these (`core.training.goals`); each can be set by name (`--set epochs=4`)."""

    goal: Goal = "facts"
    precision: Precision = "fp32"
    epochs: float = Field(default=15, gt=0, le=100)  # each shows every fact once, in whichever of its wordings
    max_steps: int = Field(default=0, ge=0)  # 0: as many steps as `epochs` takes
    batch_size: int = Field(default=8, ge=1, le=256)
    gradient_accumulation: int = Field(default=1, ge=1, le=256)
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    method: Method = "lora"  # "full": all weights; else an adapter, scaled ("rslora") or size and direction apart ("dora")
    objective: Objective = "answers"  # "dpo": of two answers, the one that reviewers preferred (Rafailov et al. 2023)
    preference_beta: float = Field(default=0.1, gt=0, le=10)  # how strongly "dpo" is held to what it begins with
    layers: Layers = "all"  # which linear layers get an adapter
    passage_share: float = Field(default=0.0, ge=0, le=0.5)  # of the rows of each step, approved passages read as text
    lora_rank: int = Field(default=16, ge=1, le=512)
    lora_alpha: int = Field(default=32, ge=1, le=1024)
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)
    general_share: float = Field(default=0.0, ge=0, le=0.5)  # of these rows, general ones against forgetting
    general_weight: float = Field(default=1.0, gt=0, le=100)  # of their divergence from the base model, beside the loss
    start_run: str = ""  # id of the run that this one goes on from, with its adapter; "": with a fresh one
    max_tokens: int = Field(default=512, ge=32, le=32768)  # per row
    processes: int = Field(default=1, ge=1, le=64)  # that share the rows of each step; with GPUs, one for each of them
    weights: Weights = "whole"  # of the model, in each process; "divided": each process holds a part of every layer
    checkpoint_steps: int = Field(default=20, ge=1)
    sample_questions: int = Field(default=5, ge=0, le=20)  # answered at each measurement, to be read while it trains
    canaries: int = Field(default=0, ge=0, le=5)  # made-up sentences planted, to measure what is learned by heart
    keep: Keep = "last"  # the last adapter, which fits its rows best; "best" is the one with the lowest validation loss
    seed: int = 0

    @model_validator(mode="before")
    @classmethod
    def _with_goal(cls, values: Any) -> Any:
        """Read settings that were stored when goals were called presets."""
        if not isinstance(values, dict) or "preset" not in values:
            return values
        others = {name: value for name, value in values.items() if name != "preset"}
        return {"goal": _GOALS_OF_PRESETS.get(values["preset"], values["preset"]), **others}

    @model_validator(mode="after")
    def _leaves_pairs(self) -> Self:
        """Check that passages and general rows leave a share for question pairs."""
        if self.passage_share + self.general_share > MOST_BESIDES:
            raise ValueError(f"passage_share and general_share are at most {MOST_BESIDES} together")
        return self

    @model_validator(mode="after")
    def _can_train_all(self) -> Self:
        """Check that training all weights is not asked for together with what needs an adapter."""
        if self.method == "full" and self.precision not in EXACT:
            raise ValueError(f"method full needs precision {' or '.join(EXACT)}, because weights of fewer bits cannot learn")
        if self.method == "full" and (self.general_share or self.start_run):
            raise ValueError("general_share and start_run need an adapter, and method full trains without one")
        return self

    @model_validator(mode="after")
    def _can_divide(self) -> Self:
        """Check that weights are divided only where there are several processes, and weights that can be."""
        if self.weights == "whole":
            return self
        if self.processes == 1:
            raise ValueError("weights divided needs processes of 2 or more, among which they are divided")
        if self.precision not in EXACT:
            raise ValueError(f"weights divided needs precision {' or '.join(EXACT)}, because quantized weights stay whole")
        if self.method == "full" or self.objective == "dpo":
            raise ValueError("weights divided needs an adapter that learns answers, not method full or objective dpo")
        return self

    @model_validator(mode="after")
    def _prefers_alone(self) -> Self:
        """Check that learning which answers were preferred is not asked for together with what it has no place for."""
        if self.objective == "dpo" and (self.passage_share or self.canaries):
            raise ValueError(
                "passage_share and canaries need objective answers, and dpo learns from preferred answers alone"
            )
        return self


class DatasetSettings(Settings):
    """How to split question pairs into those trained on and those held out."""

    split: SplitChoice = "auto"  # what is held out whole; "auto": documents if there are enough, else passages
    heldout_share: float = Field(default=0.15, ge=0, lt=1)
    seed: int = 0


class MonitoringSettings(Settings):
    """When it is time to train again, and how often the model in use is evaluated. A share of 1 is never exceeded."""

    days: int = Field(default=30, ge=1, le=3650, title="Days looked at", description="What is older does not count.")
    least: int = Field(
        default=10, ge=1, le=100_000, title="Fewest to count", description="Of fewer answers or questions, no share is told."
    )
    most_down: float = Field(
        default=0.3, ge=0, le=1, title="Thumbs down", description="Share of the answers with a thumb that people found bad."
    )
    most_refused: float = Field(
        default=0.3, ge=0, le=1, title="Not in the documents", description="Share of the answers from the documents."
    )
    most_unsupported: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Nothing supports them",
        description="Share of the answers from the documents with a sentence that no source supports.",
    )
    most_unlike: float = Field(
        default=0.3, ge=0, le=1, title="New questions", description="Share of questions unlike those it was trained on."
    )
    most_changed: float = Field(
        default=0.2,
        ge=0,
        le=1,
        title="Documents changed",
        description="Share of the documents that are new, changed or gone since its dataset version was frozen.",
    )
    evaluate_every_days: int = Field(
        default=0, ge=0, le=3650, title="Evaluate again every … days", description="0: not by itself."
    )


def key_values(settings: list[str]) -> dict[str, str]:
    """Parse KEY=VALUE entries: `["epochs=4"]` becomes `{"epochs": "4"}`.

    Raises:
        InputError: An entry is not KEY=VALUE.
    """
    values: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InputError(
                f"{setting!r} is not KEY=VALUE.", Hint("Write a name, an equals sign and a value.", command="--set epochs=4")
            )
        values[key.strip()] = value.strip()
    return values
