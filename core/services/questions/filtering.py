"""Filters applied to every pair of a project, and their outcome stored; what other settings would drop; the settings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.questions import apply_filters
from core.questions.filters import Judging, check_names
from core.questions.filters.content.answerable import is_known
from core.questions.filters.repeats.meaning import SAME_MEANING
from core.records import PairMeasures, Project, QuestionPair
from core.services.questions.curation import keep
from core.services.questions.measures import Report, measure_pairs
from core.settings import FilterSettings
from core.storage import Workspace, find, rights, transaction, update
from core.storage.pair_measures import forget_measures, store_filter_settings, stored_filter_settings, stored_measures
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
    check_names(filters)
    with_meaning = SAME_MEANING.applies(filters)
    measures = measure_pairs(workspace, project, _pairs(workspace, project), with_meaning=with_meaning, report=report)
    with transaction(workspace.db):
        pairs = _pairs(workspace, project)  # as they are now: measuring may have taken minutes
        judged = apply_filters(_fresh(pairs), filters, measures)
        before = {pair.id: (pair.state, pair.reason) for pair in pairs}
        for pair in judged:
            if before[pair.id] != (pair.state, pair.reason):
                update(workspace.db, QuestionPair, pair.id, state=pair.state, reason=pair.reason)
        forget_measures(workspace, project.id)
    return _counted([pair.reason if pair.state == "dropped" else "" for pair in judged])


def choose_filters(
    workspace: Workspace, project: Project, filters: FilterSettings, *, report: Report | None = None
) -> Filtered:
    """Apply these filter settings, and store them as the project's own; nothing is stored if no pair would be left.

    Raises:
        ModelError: no pairs are left, and why.
        InputError: the settings name a filter that does not exist.
    """
    rights.check(workspace.db, "work on questions", project.id)
    filtered = filter_again(workspace, project, filters, report=report)
    store_filter_settings(workspace, project.id, filters.model_dump(exclude_defaults=True, mode="json"))
    return filtered


class Preview:
    """The pairs of a project as they are now: what settings would keep and drop, without storing or measuring anything."""

    def __init__(self, pairs: Sequence[QuestionPair], measures: Mapping[str, PairMeasures], state: tuple[Any, ...]) -> None:
        self.state = state  # equal as long as the pairs are (`state_of_pairs`)
        self.pair_count = len(pairs)
        self.unmeasured = sum(pair.id not in measures for pair in pairs)
        self.now = _counted([pair.reason if pair.state == "dropped" else "" for pair in pairs])
        self._judging = Judging(_fresh(pairs), measures)

    def count(self, filters: FilterSettings) -> Filtered:
        """Count what these settings would keep and drop.

        Raises:
            InputError: they name a filter that does not exist.
        """
        return _counted(self._judging.reasons(filters))


def preview(workspace: Workspace, project: Project) -> Preview:
    """Read the pairs of a project to count what other settings would do: 20,000 in 3 s at first, then in less than one."""
    rights.check(workspace.db, "read documents", project.id)
    state = state_of_pairs(workspace, project)
    return Preview(_pairs(workspace, project), stored_measures(workspace, project.id), state)


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
    ids = {pair.id for pair in _pairs(workspace, project)}
    measures = [each for each in stored_measures(workspace, project.id).values() if each.pair_id in ids]
    asked = [each for each in measures if each.with_passage is not None]
    return Measured(
        pairs=len(ids),
        unmeasured=len(ids) - len(measures),
        asked=len(asked),
        answerable=sum((each.with_passage or 0.0) >= filters.min_answered for each in asked),
        known=sum(is_known(each, filters) for each in asked),
        judged=sum(each.judged is not None for each in measures),
    )


def keep_dropped(workspace: Workspace, project: Project, reason: str) -> int:
    """Keep by hand every pair that the filters dropped for this reason, and return how many these are."""
    return keep(workspace, project.id, PairFilter(state="dropped", reason=reason, is_decided=False))


def _pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    return find(workspace.db, QuestionPair, project_id=project.id, order="created_at, rowid")


def _fresh(pairs: Sequence[QuestionPair]) -> list[QuestionPair]:
    """Return the pairs as they were before any filter: all are kept but those that a person dropped."""
    return [replace(pair, state="kept", reason="") if pair.decided is None else pair for pair in pairs]


def _counted(reasons: Sequence[str]) -> Filtered:
    dropped = Counter(reason for reason in reasons if reason)
    return Filtered(kept=len(reasons) - dropped.total(), dropped=dict(dropped.most_common()))
