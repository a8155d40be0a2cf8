"""What an expert makes of feedback: a question pair, a preference, or nothing. Each can be taken back."""

from dataclasses import dataclass, replace

from core.errors import InputError
from core.privacy import Detector
from core.questions.hand_written import proof_of
from core.questions.writers.not_said import KIND as UNANSWERABLE
from core.questions.writers.not_said import not_said
from core.records import AuditAction, Document, Feedback, Person, Preference, Project, QuestionPair, new_id, now
from core.services.feedback.personal_data import holding_personal_data
from core.services.questions.curation.acting import acting, person_of
from core.services.questions.curation.editing import (
    Place,
    ReadWording,
    Wording,
    add_within,
    blank_pair,
    passage_within,
    read_wording,
)
from core.services.questions.curation.sources import ApprovedPassage
from core.storage import Permitted, Workspace, audit, count, delete, find, get, insert, transaction, update
from core.storage.pairs import acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What is made of feedback: a question about a passage, with its answer, or with that the documents do not say."""

    place: Place
    question: str
    answer: str = ""
    is_unanswerable: bool = False


def make_pair(
    workspace: Workspace, feedback_id: str, use: Use, *, detector: Detector, by: Person | None = None
) -> QuestionPair:
    """Make a question pair of feedback; it is checked, and kept or dropped, as one that is added by hand.

    It may hold no personal data of another document either: a model answers from all that it knows.

    Returns:
        The pair as it is stored; if one was made of this feedback before, that one, as it is now.

    Raises:
        InputError: there is no such feedback, question or answer is empty, or the passage is not approved.
    """
    feedback, permitted = _opened(workspace, feedback_id, by)
    read = read_wording(_wording(permitted, use), detector)
    project = get(permitted.db, Project, feedback.project_id)
    is_personal = bool(holding_personal_data(permitted, project, [read.text], detector=detector))
    with acting(workspace, feedback.project_id, "question pair added", by=by) as act:
        get(act.permitted.db, Feedback, feedback_id)  # raises if it was taken back meanwhile
        for made in _pairs_of(act.permitted, feedback):
            return made
        source = passage_within(act.permitted, feedback.project_id, use.place)
        blank = replace(blank_pair(source, at=act.record.at), origin="feedback", feedback_id=feedback_id)
        if use.is_unanswerable:
            fact = f"{source.review_id}:{blank.id}"
            blank = replace(blank, kind=UNANSWERABLE, fact=fact, quote="", quote_start=0, quote_end=0)
        update(act.permitted.db, Feedback, feedback_id, set_aside_by=None)
        return add_within(act, blank, read, source=source, is_personal=is_personal)


def make_preference(
    workspace: Workspace, feedback_id: str, use: Use, *, detector: Detector, by: Person | None = None
) -> Preference:
    """Make a preference of feedback: the answer of `use` is preferred to the one that was given.

    Returns:
        The preference; if one was made of this feedback before, that one.

    Raises:
        InputError: there is no such feedback, both answers are the same, the passage is not approved or does not prove the
            preferred answer, or personal data stands in the question or an answer.
    """
    feedback, permitted = _opened(workspace, feedback_id, by)
    read = read_wording(_wording(permitted, use), detector)
    if read.answer == feedback.answer.strip():
        raise InputError("Both answers are the same.", "Write what the answer should have been.")
    project = get(permitted.db, Project, feedback.project_id)
    if holding_personal_data(permitted, project, [read.text, feedback.answer], detector=detector):
        raise InputError(
            "This becomes no preference: it holds personal data that the approved text does not have.",
            "Take them out of question and answer. If the given answer holds them, make a question pair instead.",
        )
    with transaction(permitted.db):
        get(permitted.db, Feedback, feedback_id)
        for known in find(permitted.db, Preference, feedback_id=feedback_id):
            return known
        source = passage_within(permitted, project.id, use.place)
        if not (use.is_unanswerable or _is_proved(permitted, feedback, read, source)):
            raise InputError(
                "This becomes no preference: the passage does not say what the preferred answer does.",
                "Choose another passage, or make a question pair of it and keep that if you answer for it.",
            )
        name = person_of(by, workspace).name
        made = preference(source, read.question, chosen=read.answer, rejected=feedback.answer.strip(), by=name)
        made = replace(made, feedback_id=feedback_id)
        insert(permitted.db, made)
        update(permitted.db, Feedback, feedback_id, set_aside_by=None)
        log(permitted, project.id, "preferences added", name, {"preferences": 1})
    return made


def set_aside(workspace: Workspace, feedback_id: str, *, by: Person | None = None) -> None:
    """Decide that nothing is made of feedback.

    Raises:
        InputError: there is no such feedback, or something was made of it.
    """
    feedback, permitted = _opened(workspace, feedback_id, by)
    with transaction(permitted.db):
        current = get(permitted.db, Feedback, feedback_id)
        if _pairs_of(permitted, feedback) or count(permitted.db, Preference, feedback_id=feedback_id):
            raise InputError("Something was made of this feedback already.", "Undo that first.")
        if current.set_aside_by is not None:
            return
        name = person_of(by, workspace).name
        update(permitted.db, Feedback, feedback_id, set_aside_by=name)
        log(permitted, feedback.project_id, "feedback set aside", name, {"feedback": 1})


def undo(workspace: Workspace, feedback_id: str, *, by: Person | None = None) -> bool:
    """Take back whatever was made of feedback, so that it is open again; return whether anything was.

    Raises:
        InputError: there is no such feedback; the pair that was made of it is somebody else's work, was changed since, or
            was made so long ago that the act is forgotten. Nothing is taken back then.
    """
    feedback, permitted = _opened(workspace, feedback_id, by)
    person = person_of(by, workspace)
    with transaction(permitted.db):
        current = get(permitted.db, Feedback, feedback_id)
        pairs = _pairs_of(permitted, feedback)
        for pair in pairs:
            act = acts.act_that_added(permitted, pair, by=person)
            if act is None or not acts.is_untouched(permitted, act):
                raise InputError(
                    "Nothing was undone: the question pair was changed since, or somebody else made it.",
                    "Look at the pair on the page Questions, and drop it there.",
                )
            acts.take_back(permitted, act)
        preferences = delete(permitted.db, Preference, feedback_id=feedback_id)
        if preferences:
            log(permitted, feedback.project_id, "preferences removed", person.name, {"preferences": preferences})
        if current.set_aside_by is not None:
            update(permitted.db, Feedback, feedback_id, set_aside_by=None)
            log(permitted, feedback.project_id, "feedback opened again", person.name, {"feedback": 1})
    return bool(pairs or preferences or current.set_aside_by is not None)


def preference(source: ApprovedPassage, question: str, *, chosen: str, rejected: str, by: str) -> Preference:
    """Return a preference about a passage, made by the person of this name."""
    return Preference(
        id=new_id("preference"),
        project_id=source.document.project_id,
        document_id=source.document.id,
        review_id=source.review_id,
        passage_id=source.passage_id or "",
        question=question,
        chosen=chosen,
        rejected=rejected,
        added_by=by,
        created_at=now(),
    )


def log(permitted: Permitted, project_id: str, action: AuditAction, name: str, counts: dict[str, int]) -> None:
    """Append an act on feedback or preferences to the audit log: how many, and nothing of what they say."""
    audit.append(permitted.db, action, actor=name, subjects={"project": project_id}, counts=counts)


def _opened(workspace: Workspace, feedback_id: str, by: Person | None) -> tuple[Feedback, Permitted]:
    feedback = get(workspace.db, Feedback, feedback_id)
    return feedback, workspace.allowed("work on questions", feedback.project_id, by=by)


def _wording(permitted: Permitted, use: Use) -> Wording:
    """Return question and answer; that the documents do not say is said in the words that writers use, in their language."""
    if not use.is_unanswerable:
        return Wording(question=use.question, answer=use.answer)
    language = get(permitted.db, Document, use.place.document_id).language
    question = use.question.strip()
    return Wording(question=question, answer=not_said(question, language) or not_said(question, None) or "")


def _pairs_of(permitted: Permitted, feedback: Feedback) -> list[QuestionPair]:
    return find(permitted.db, QuestionPair, project_id=feedback.project_id, feedback_id=feedback.id)


def _is_proved(permitted: Permitted, feedback: Feedback, read: ReadWording, source: ApprovedPassage) -> bool:
    """Return whether the passage proves an answer, or a person answers for it: the pair made of this feedback is kept."""
    if proof_of(read.answer, source.words, question=read.question):
        return True
    kept = [pair for pair in _pairs_of(permitted, feedback) if pair.state == "kept"]
    return any((pair.input, pair.output) == (read.question, read.answer) for pair in kept)
