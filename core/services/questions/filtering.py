"""Filters applied to every pair of a project, and their outcome stored; what other settings would drop; the settings."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.questions.filters import Case, Judging, case_of, check_names, each_judged, nothing_kept, summary
from core.questions.filters.content.answerable import is_known
from core.questions.filters.repeats.meaning import SAME_MEANING
from core.records import PairMeasures, Person, Project, QuestionPair
from core.services.questions.curation import keep
from core.services.questions.curation.acting import acting
from core.services.questions.measures import AllPairs, Report, each_measured, measure_pairs
from core.settings import FilterSettings
from core.storage import Workspace, rights, transaction
from core.storage.pair_measures import (
    Outcome,
    forget_measures,
    store_outcomes,
    stored_filter_settings,
    stored_measures,
)
from core.storage.pairs import acts
from core.storage.pairs.pages import PairFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """How many pairs of a project are `kept` and, by reason, `dropped`."""

    kept: int
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How far the pairs of a project were measured with a model: counts of pairs."""

    pairs: int
    unmeasured: int  # never examined since they were written or changed; filters drop none of them for what is measured
    asked: int  # a model answered them with and without their passage
    answerable: int  # of these, it answered as the pair does with the passage before it
    known: int  # of these, it did so without the passage
    judged: int  # a model graded them


def filter_settings_of(workspace: Workspace, project: Project) -> FilterSettings:
    """Return the filter settings that were chosen for the project, or the usual ones."""
    rights.check(workspace.db, "see project", project.id)
    stored = stored_filter_settings(workspace, project.id)
    return FilterSettings.from_values({name: value for name, value in stored.items() if name in FilterSettings.model_fields})


def filter_again(
    workspace: Workspace, project: Project, filters: FilterSettings, *, report: Report | None = None
) -> Filtered:
    """Apply the filters to every pair of `project` and store the outcome; what was not measured yet is measured first.

    What a person decided stays as it is; all other pairs start as kept.

    Raises:
        ModelError: no pairs are left, and why.
        InputError: the settings name a filter that does not exist.
    """
    rights.check(workspace.db, "work on questions", project.id)
    _measure(workspace, project, filters, report=report)
    with transaction(workspace.db):
        counts = store_outcomes(workspace, project.id, _outcomes(workspace, project, filters))
        if not counts["kept"]:
            raise nothing_kept(counts)
        forget_measures(workspace, project.id)
    return _counted(counts)


def _measure(workspace: Workspace, project: Project, filters: FilterSettings, *, report: Report | None) -> None:
    """Measure what was not measured yet of the project's pairs and these filters need to know."""
    check_names(filters)
    with_meaning = SAME_MEANING.applies(filters)
    measure_pairs(workspace, project, AllPairs(workspace, project), with_meaning=with_meaning, report=report)


def _outcomes(workspace: Workspace, project: Project, filters: FilterSettings) -> Iterator[Outcome]:
    """Yield what the filters make of each pair as it is now: measuring may have taken minutes."""
    return (_outcome(case, reason) for case, reason in each_judged(_Cases(workspace, project), filters))


def choose_filters(
    workspace: Workspace,
    project: Project,
    filters: FilterSettings,
    *,
    by: Person | None = None,
    report: Report | None = None,
) -> Filtered:
    """Apply these filter settings, and store them as the project's own; nothing is stored if no pair would be left.

    It is an act of the person `by`, who can undo it: the pairs and the settings are then as they were (`curation.undo`).

    Raises:
        AccessError: the actor may not work on the project's questions, or `by` is another person.
        ModelError: no pairs are left, and why.
        InputError: the settings name a filter that does not exist.
    """
    rights.check(workspace.db, "work on questions", project.id, by=by)
    _measure(workspace, project, filters, report=report)
    with acting(workspace, project.id, "filters applied", by=by) as act:
        outcomes = _outcomes(act.permitted, project, filters)
        settings = filters.model_dump(exclude_defaults=True, mode="json")
        counts = acts.apply_filters(act.permitted, act.record, outcomes, settings=settings)
        if not counts["kept"]:
            raise nothing_kept(counts)
        forget_measures(act.permitted, project.id)
    return _counted(counts)


class Preview:
    """The pairs of a project as they are now: what settings would keep and drop, without storing or measuring anything."""

    def __init__(self, pairs: Sequence[QuestionPair], measures: Mapping[str, PairMeasures], state: tuple[Any, ...]) -> None:
        self.state = state  # equal as long as the pairs are (`state_of_pairs`)
        self.pair_count = len(pairs)
        self.unmeasured = sum(pair.id not in measures for pair in pairs)
        self.now = _counted(summary(pairs))
        self._judging = Judging(map(_fresh, pairs), measures)

    def count(self, filters: FilterSettings) -> Filtered:
        """Count what these settings would keep and drop.

        Raises:
            InputError: they name a filter that does not exist.
        """
        return _counted(Counter(reason or "kept" for reason in self._judging.reasons(filters)))


def preview(workspace: Workspace, project: Project) -> Preview:
    """Read the pairs of a project to count what other settings would do: 20,000 in 3 s at first, then in less than one."""
    rights.check(workspace.db, "read documents", project.id)
    state = state_of_pairs(workspace, project)
    return Preview(list(AllPairs(workspace, project)), stored_measures(workspace, project.id), state)


def state_of_pairs(workspace: Workspace, project: Project) -> tuple[Any, ...]:
    """Return a mark that is another one whenever the pairs of the project, or what was measured of them, have changed."""
    rights.check(workspace.db, "read documents", project.id)
    pairs = (
        "select count(*), max(rowid), max(changed_at), total(state = 'kept'), count(decided) from pairs where project_id = ?"
    )
    measures = "select count(*), max(rowid), total(with_passage), total(judged) from pair_measures where project_id = ?"
    return tuple(value for query in (pairs, measures) for value in workspace.db.execute(query, [project.id]).fetchone())


def measured_of(workspace: Workspace, project: Project, filters: FilterSettings) -> Measured:
    """Count how far the project's pairs were measured, and what the model could answer."""
    rights.check(workspace.db, "read documents", project.id)
    pairs = unmeasured = asked = answerable = known = judged = 0
    for _, measures in each_measured(workspace, project, AllPairs(workspace, project)):
        pairs += 1
        if measures is None:
            unmeasured += 1
            continue
        judged += measures.judged is not None
        if measures.with_passage is not None:
            asked += 1
            answerable += measures.with_passage >= filters.min_answered
            known += is_known(measures, filters)
    return Measured(pairs=pairs, unmeasured=unmeasured, asked=asked, answerable=answerable, known=known, judged=judged)


def keep_dropped(workspace: Workspace, project: Project, reason: str) -> int:
    """Keep by hand every pair that the filters dropped for this reason, and return how many these are."""
    return keep(workspace, project.id, PairFilter(state="dropped", reason=reason, is_decided=False))


@dataclass(frozen=True, slots=True)
class _Cases:
    """The pairs of a project as they were before any filter, with what was measured; read anew each time."""

    workspace: Workspace
    project: Project

    def __iter__(self) -> Iterator[Case]:
        pairs = AllPairs(self.workspace, self.project)
        return (case_of(_fresh(pair), measures) for pair, measures in each_measured(self.workspace, self.project, pairs))


def _fresh(pair: QuestionPair) -> QuestionPair:
    """Return the pair as it was before any filter: kept unless a person dropped it."""
    return replace(pair, state="kept", reason="") if pair.decided is None else pair


def _outcome(case: Case, reason: str) -> Outcome:
    is_dropped = reason or case.pair.state == "dropped"
    return Outcome(case.pair.id, "dropped" if is_dropped else "kept", reason)


def _counted(counts: Mapping[str, int]) -> Filtered:
    """Return the numbers of `summary` as they are told, the most frequent reason first."""
    dropped = Counter({reason: count for reason, count in counts.items() if reason != "kept"})
    return Filtered(kept=counts.get("kept", 0), dropped=dict(dropped.most_common()))
