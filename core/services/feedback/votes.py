"""Votes of blind comparisons as preferences: the answer that won is preferred to each of the others.

Votes on a series stay out: its questions are there to compare models, which would have learned the answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.privacy import Detector
from core.questions.hand_written import proof_of
from core.records import Comparison, Person, Preference, Project
from core.services.feedback.personal_data import holding_personal_data
from core.services.feedback.places import places_for
from core.services.feedback.using import log, preference
from core.services.questions.curation.acting import person_of
from core.services.questions.curation.editing import Place, passage_within
from core.services.questions.curation.sources import ApprovedPassage
from core.services.retrieval.index import Embed
from core.storage import Permitted, Workspace, count, delete, find, insert, transaction
from core.words import counted

AT_ONCE = 20  # comparisons that are searched and stored together


@dataclass(frozen=True, slots=True, kw_only=True)
class VotesUsed:
    """How many preferences came of votes and went with them, and how many answers were left out, for which reason."""

    added: int = 0
    removed: int = 0  # whose vote is another one now
    personal: int = 0  # because personal data stands in the question or an answer
    unplaced: int = 0  # because no approved passage fits the question

    @property
    def words(self) -> str:
        """Say it in a sentence or more."""
        told = [f"{counted(self.added, 'preference')} made of votes."]
        told += (
            [f"{counted(self.removed, 'preference')} removed, because the vote is another one now."] if self.removed else []
        )
        told += [f"{counted(self.personal, 'answer')} left out: personal data."] if self.personal else []
        told += (
            [f"{counted(self.unplaced, 'answer')} left out: no approved passage fits the question."] if self.unplaced else []
        )
        return " ".join(told)

    def __add__(self, other: "VotesUsed") -> "VotesUsed":
        """Add the counts of other votes."""
        return VotesUsed(
            added=self.added + other.added,
            removed=self.removed + other.removed,
            personal=self.personal + other.personal,
            unplaced=self.unplaced + other.unplaced,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Won:
    """A comparison with the answer that won, and the others of which no preference was made yet."""

    comparison: Comparison
    chosen: str
    rejected: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        return [f"{self.comparison.question}\n{self.chosen}", *self.rejected]


def unused_votes(workspace: Workspace, project: Project) -> int:
    """Count the blind comparisons with a winner of which preferences can still be made.

    Raises:
        AccessError: the actor may not work on the project's questions.
    """
    permitted = workspace.allowed("work on questions", project.id)
    return len(_won(permitted, project))


def use_votes(
    workspace: Workspace,
    project: Project,
    *,
    detector: Detector,
    by: Person | None = None,
    embed: Embed | None = None,
    report: Callable[[int, int], None] | None = None,
) -> VotesUsed:
    """Make preferences of a project's blind votes, and take back those whose vote is another one now.

    Votes without a winner are left out. Called again it goes on with what is new.

    Args:
        workspace: where they are stored.
        project: whose votes they are.
        detector: searches questions and answers for personal data.
        by: in whose name it is done.
        embed: makes embeddings; by default the embedded network.
        report: called with how many comparisons are done, and of how many.

    Raises:
        AccessError: the actor may not work on the project's questions, or not chat.
        SetupError: the network that compares meanings is missing or damaged.
    """
    permitted = workspace.allowed("work on questions", project.id, also="chat", by=by)
    name = person_of(by, workspace).name
    used = VotesUsed(removed=_remove_outdated(permitted, project, name))
    waiting = _won(permitted, project)
    for first in range(0, len(waiting), AT_ONCE):
        if report:
            report(first, len(waiting))
        some = waiting[first : first + AT_ONCE]
        used += _use(permitted, project, some, detector=detector, embed=embed, name=name)
    return used


def _use(
    permitted: Permitted, project: Project, won: Sequence[_Won], *, detector: Detector, embed: Embed | None, name: str
) -> VotesUsed:
    """Make preferences of some comparisons, all or none of them."""
    held = holding_personal_data(permitted, project, [text for each in won for text in each.texts], detector=detector)
    made: list[Preference] = []
    personal = unplaced = first = 0
    for each in won:
        is_held, *are_held = (first + place in held for place in range(len(each.texts)))
        first += len(each.texts)
        fine = [] if is_held else [text for text, is_out in zip(each.rejected, are_held, strict=True) if not is_out]
        personal += len(each.rejected) - len(fine)
        source = _source(permitted, project, each, embed) if fine else None
        unplaced += len(fine) if source is None else 0
        made += [_preference(each, text, source, name) for text in fine if source]
    with transaction(permitted.db):
        made = [one for one in made if not _known(permitted, one)]  # somebody else may have pressed the button, too
        insert(permitted.db, *made)
        if made:
            log(permitted, project.id, "preferences added", name, {"preferences": len(made)})
    return VotesUsed(added=len(made), personal=personal, unplaced=unplaced)


def _preference(won: _Won, rejected: str, source: ApprovedPassage, name: str) -> Preference:
    question = won.comparison.question.strip()
    return replace(
        preference(source, question, chosen=won.chosen, rejected=rejected, by=name), comparison_id=won.comparison.id
    )


def _known(permitted: Permitted, made: Preference) -> bool:
    return count(permitted.db, Preference, comparison_id=made.comparison_id, rejected=made.rejected) > 0


def _source(permitted: Permitted, project: Project, won: _Won, embed: Embed | None) -> ApprovedPassage | None:
    """Return the passage that a vote is about: one that proves the answer which won, else the one that fits best."""
    question = won.comparison.question
    found = places_for(permitted, project, question, embed=embed)
    if not found:
        return None
    proving = (each for each in found if proof_of(won.chosen, each.text, question=question))
    best = next(proving, found[0])
    return passage_within(permitted, project.id, Place(document_id=best.document_id, passage_id=best.id))


def _won(permitted: Permitted, project: Project) -> list[_Won]:
    """Return the blind comparisons with a winner of which preferences can still be made."""
    found = []
    for comparison in find(permitted.db, Comparison, project_id=project.id, is_blind=True, series_id=None):
        chosen, others = _told(comparison)
        known = {each.rejected for each in find(permitted.db, Preference, comparison_id=comparison.id)} if others else set()
        if rejected := tuple(text for text in others if text not in known):
            found.append(_Won(comparison=comparison, chosen=chosen, rejected=rejected))
    return found


def _told(comparison: Comparison) -> tuple[str, tuple[str, ...]]:
    """Return the answer that won and the others, each once; no others if none has won, or if it says nothing."""
    if comparison.vote is None or comparison.vote.better is None:
        return "", ()
    texts = [answer.text.strip() for answer in comparison.answers]
    chosen = texts[comparison.vote.better]
    others = dict.fromkeys(text for text in texts if text not in ("", chosen))
    return chosen, tuple(others) if chosen else ()


def _remove_outdated(permitted: Permitted, project: Project, name: str) -> int:
    """Take back the preferences of comparisons whose vote says something else now; return how many there were."""
    removed = 0
    with transaction(permitted.db):
        for made in find(permitted.db, Preference, project_id=project.id):
            for comparison in find(permitted.db, Comparison, id=made.comparison_id) if made.comparison_id else ():
                chosen, others = _told(comparison)
                if made.chosen != chosen or made.rejected not in others:
                    removed += delete(permitted.db, Preference, id=made.id)
        if removed:
            log(permitted, project.id, "preferences removed", name, {"preferences": removed})
    return removed
