"""Models and values of settings → the trainings of an experiment, and how long all of them take together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from core.errors import InputError
from core.records import Model, Project
from core.services.questions.trainable import check_reviewed, trainable_amount
from core.services.training.fit import situation_here
from core.services.training.runs import find_trainable
from core.settings import DatasetSettings, Objective, TrainingSettings
from core.storage import Workspace, rights
from core.training.fit import REFERENCE_WEIGHTS, Amount, Fit, weight_count
from core.training.goals import Derived, derive
from core.words import counted

MOST_VARIANTS = 24
# 60 questions in four columns take the embedded model two and a half minutes on two cores (docs/evaluation.md).
QUESTION_S, WORDINGS_ASKED = 2.5, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose to compare: every model with every combination of the values of its settings."""

    models: tuple[str, ...]
    goal: str = "facts"
    minutes: float | None = None  # allowed for each training; None for as long as it takes
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by setting; one value counts for all variants

    @property
    def varied(self) -> tuple[str, ...]:
        """The settings that have more than one value."""
        return tuple(name for name, values in self.values.items() if len(values) > 1)

    def combinations(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each model with each combination of values."""
        names = list(self.values)
        for model in self.models:
            for values in product(*self.values.values()):
                yield model, dict(zip(names, values, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVariant:
    """A training that an experiment would start, what it needs, and how long its evaluation takes after it."""

    model: str
    derived: Derived
    varied: Mapping[str, Any]
    fit: Fit
    evaluation_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What an experiment would start."""

    goal: str
    variants: tuple[PlannedVariant, ...]

    @property
    def duration_s(self) -> float:
        """How long it takes in all: one training after the other, each with its evaluation."""
        return sum(variant.fit.duration_s + variant.evaluation_s for variant in self.variants)

    @property
    def too_large(self) -> tuple[int, ...]:
        """The numbers of the variants, from 1, that probably do not fit this machine."""
        return tuple(number for number, variant in enumerate(self.variants, 1) if not variant.fit.is_enough)


def plan(workspace: Workspace, project: Project, choice: Choice) -> Plan:
    """Return what an experiment with this choice would start; starts nothing.

    Raises:
        AccessError: the acting person may not see the project.
        InputError: there is nothing to compare, too much of it, or a setting, goal or model is unknown.
    """
    rights.check(workspace.db, "see project", project.id)
    _check(choice)
    models = {name: find_trainable(workspace, name) for name in choice.models}
    check_reviewed(workspace, project)
    amount = trainable_amount(workspace, project)
    objective: Objective = "dpo" if "dpo" in choice.values.get("objective", ()) else "answers"
    situations = {
        name: situation_here(workspace, project, model, amount=amount, minutes=choice.minutes, objective=objective)
        for name, model in models.items()
    }
    variants = []
    for name, values in choice.combinations():
        derived = derive(choice.goal, situations[name], values)
        variants.append(
            PlannedVariant(
                model=name,
                derived=derived,
                varied={setting: getattr(derived.settings, setting) for setting in choice.varied},
                fit=situations[name].fit(derived.settings),
                evaluation_s=_evaluation_s(models[name], amount),
            )
        )
    check_distinct([(variant.model, variant.derived.settings) for variant in variants])
    return Plan(choice.goal, tuple(variants))


def check_distinct(variants: list[tuple[str, TrainingSettings]]) -> None:
    """Check that there are several trainings, not too many, and none twice.

    Raises:
        InputError: it is otherwise.
    """
    _check_count(len(variants))
    if len(set(variants)) < len(variants):
        raise InputError("Two of the trainings would be the same.", "Give each model and each value once.")


def _check(choice: Choice) -> None:
    """Check names and counts before anything is derived."""
    if not choice.models or not all(choice.values.values()):
        raise InputError("A model or a value is missing.", "Choose at least one model, and a value for each setting.")
    if "goal" in choice.values:
        raise InputError("The goal is not varied.", "Choose one goal for all trainings.")
    TrainingSettings.from_values({name: values[0] for name, values in choice.values.items()})  # faults are told together
    _check_count(len(choice.models) * prod(len(values) for values in choice.values.values()))


def _check_count(count: int) -> None:
    if count < 2:
        raise InputError(
            "An experiment compares two trainings or more.", "Choose a second model, or a second value of a setting."
        )
    if count > MOST_VARIANTS:
        raise InputError(
            f"That makes {counted(count, 'training')}, and an experiment holds {MOST_VARIANTS}.",
            "Choose fewer models or values.",
        )


def _evaluation_s(model: Model, amount: Amount) -> float:
    """Estimate how long the evaluation of a run on this model takes, on the questions that will be held out."""
    questions = DatasetSettings().heldout_share * min(amount.facts * WORDINGS_ASKED, amount.pairs)
    return questions * QUESTION_S * max(1.0, weight_count(model) / REFERENCE_WEIGHTS)
