"""Search for the settings that a training learns best with: which to try next, and which trainings to end early.

Optuna chooses (Akiba and others 2019): each next trial by a tree of Parzen estimators from those before it (Bergstra and
others 2011), and a trial whose error stands above the median of the others at the same quarter of its steps ends there
(Golovin and others 2017, the median rule). All of it lies in an SQLite file, so that a search goes on where it was killed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from core.settings import Layers, TrainingSettings

if TYPE_CHECKING:
    import optuna

STUDY = "search"
RANDOM_TRIALS = 4  # chosen by chance before Optuna has something to go by; the first is what the goal derives
UNPRUNED_TRIALS = 3  # that come to their end before another is ended early
QUARTERS = 4
RATE_FACTOR = 5.0  # the learning rate is looked for from a fifth of what the goal derives to five times as much
RANKS = (8, 16, 32, 64)
LAYERS: tuple[Layers, ...] = ("all", "mlp", "attention")
SHARES = (0.0, 0.125, 0.25)  # which leave room for the largest share of general rows
LEAST_EPOCHS_SHARE = 0.5
MOST_RATE = 0.5

State = Literal["running", "done", "ended early", "failed"]
_STATES: Mapping[str, State] = {"RUNNING": "running", "COMPLETE": "done", "PRUNED": "ended early", "FAIL": "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where settings are looked for, around those that a goal derives."""

    base: TrainingSettings
    has_texts: bool  # whether there are passages to read as text
    varies_epochs: bool  # false where trials are shorter than the training that the settings are for

    def choose(self, trial: "optuna.trial.Trial") -> dict[str, Any]:
        """Let Optuna choose a value for each setting; what it has chosen for this trial stays."""
        rate, epochs = self.base.learning_rate, self.base.epochs
        chosen: dict[str, Any] = {
            "learning_rate": trial.suggest_float(
                "learning_rate", rate / RATE_FACTOR, min(rate * RATE_FACTOR, MOST_RATE), log=True
            ),
            "lora_rank": trial.suggest_categorical("lora_rank", sorted({*RANKS, self.base.lora_rank})),
            "layers": trial.suggest_categorical("layers", LAYERS),
        }
        if self.varies_epochs:
            chosen["epochs"] = trial.suggest_float("epochs", LEAST_EPOCHS_SHARE * epochs, epochs)
        if self.has_texts:
            shares = sorted({*SHARES, self.base.passage_share})
            chosen["passage_share"] = trial.suggest_categorical("passage_share", shares)
        return chosen

    def derived(self) -> dict[str, Any]:
        """Return what the goal derives of the settings that are looked for: the first trial."""
        epochs = ("epochs",) if self.varies_epochs else ()
        texts = ("passage_share",) if self.has_texts else ()
        return {name: getattr(self.base, name) for name in ("learning_rate", "lora_rank", "layers", *epochs, *texts)}

    def settings(self, chosen: Mapping[str, Any]) -> TrainingSettings:
        """Return the settings with what was chosen; the adapter's weight stays twice its rank."""
        changes = {**rounded(chosen), "lora_alpha": 2 * chosen["lora_rank"]}
        return TrainingSettings.from_values({**self.base.model_dump(), **changes})


def rounded(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with three digits, as they are tried and told."""
    return {name: float(f"{value:.3g}") if isinstance(value, float) else value for name, value in chosen.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial: what it tried, and what came of it. `loss` is the error that it ended with, in nats per answer token."""

    number: int  # from 1
    state: State
    chosen: Mapping[str, Any]  # settings by name
    loss: float | None = None  # None unless it came to its end
    losses: Mapping[str, float] = field(default_factory=dict)  # at each quarter of its steps, as far as it came
    seconds: float = 0.0
    error: str = ""

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` gives."""
        return cls(**told)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return asdict(self)


def best_of(trials: Sequence[TrialRecord]) -> TrialRecord | None:
    """Return the trial with the lowest error of those that came to their end; None if there is none."""
    done = [trial for trial in trials if trial.state == "done" and trial.loss is not None]
    return min(done, key=lambda trial: (trial.loss, trial.number), default=None)


class Search:
    """A search in an SQLite file, which is made or gone on with."""

    def __init__(self, file: Path, space: Space, *, seed: int = 0) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space = space
        self.seed = seed
        file.parent.mkdir(parents=True, exist_ok=True)
        self._storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=STUDY,
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=1),
        )
        self._study.enqueue_trial(space.derived(), skip_if_exists=True)

    def next(self) -> "Trial":
        """Return the trial that was interrupted, else a new one.

        What is chosen depends only on the seed and the trials before, so that an interruption changes nothing.
        """
        import optuna

        begun = self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
        number = begun[0].number if begun else self._count_begun()
        self._study.sampler = optuna.samplers.TPESampler(seed=self.seed * 1_000_003 + number, n_startup_trials=RANDOM_TRIALS)
        given = optuna.trial.Trial(self._study, begun[0]._trial_id) if begun else self._study.ask()
        return Trial(self._study, given, self.space.settings(self.space.choose(given)))

    def trials(self) -> list[TrialRecord]:
        """Return all trials that were begun."""
        return [_record(trial) for trial in self._study.get_trials(deepcopy=False) if trial.state.name in _STATES]

    def close(self) -> None:
        """Close the file."""
        self._storage.engine.dispose()

    def _count_begun(self) -> int:
        return sum(trial.state.name in _STATES for trial in self._study.get_trials(deepcopy=False))


class Trial:
    """A trial at work: its settings, and what it is told of the training with them."""

    def __init__(self, study: "optuna.Study", given: "optuna.trial.Trial", settings: TrainingSettings) -> None:
        self._study, self._given = study, given
        self.number = given.number + 1
        self.settings = settings
        self._told = set(study.trials[given.number].intermediate_values)  # quarters, before an interruption

    def is_behind(self, loss: float, *, step: int, steps: int) -> bool:
        """Note the error after `step` of `steps`; return whether the others were better there, so that it may end.

        Trials differ in their number of steps and are compared at the same quarter of them.
        """
        quarter = QUARTERS * step // steps
        if not 0 < quarter < QUARTERS or quarter in self._told:
            return False
        self._told.add(quarter)
        self._given.report(loss, quarter)
        return bool(self._given.should_prune())

    def finish(self, loss: float, *, seconds: float) -> None:
        """Store the error that the training ended with."""
        self._given.set_user_attr("seconds", seconds)
        self._study.tell(self._given, loss)

    def end_early(self, *, seconds: float) -> None:
        """Store that it was behind the others, or that time was over."""
        self._end("PRUNED", seconds)

    def fail(self, error: str, *, seconds: float) -> None:
        """Store why it could not be trained."""
        self._given.set_user_attr("error", error)
        self._end("FAIL", seconds)

    def _end(self, state: str, seconds: float) -> None:
        from optuna.trial import TrialState

        self._given.set_user_attr("seconds", seconds)
        self._study.tell(self._given, state=TrialState[state])


def _record(trial: "optuna.trial.FrozenTrial") -> TrialRecord:
    is_done = trial.state.name == "COMPLETE"
    return TrialRecord(
        number=trial.number + 1,
        state=_STATES[trial.state.name],
        chosen=rounded(trial.params),
        loss=trial.value if is_done else None,
        losses={str(quarter): loss for quarter, loss in sorted(trial.intermediate_values.items())},
        seconds=trial.user_attrs.get("seconds", 0.0),
        error=trial.user_attrs.get("error", ""),
    )
