"""Hand what was said of an answer to the experts of the project: that answer with its question, and no more."""

from core.deploy.feedback import Said
from core.deploy.refusal import Refused
from core.records import ChatTurn, Feedback, Project, new_id, now
from core.services.chat.keeping.stored_form import StoredForm
from core.storage import Permitted, delete, find, get, insert, update
from core.storage.traceless import traceless


def share(permitted: Permitted, project_id: str, turn: ChatTurn) -> None:
    """Store what a person says of an answer now; what they took back is deleted. Call it in a transaction without traces.

    The same answer always gets the same id, so that what was made of it is known although its feedback was taken back.
    """
    feedback_id = turn.id.replace("turn-", "feedback-", 1)
    if not turn.is_judged:
        delete(permitted.db, Feedback, id=feedback_id)
        return
    said = {"thumb": turn.thumb, "correction": turn.correction, "is_unanswerable": turn.is_unanswerable}
    judged = {"question": turn.question, "answer": turn.answer, "answerer": turn.answerer, "sources": turn.sources}
    if find(permitted.db, Feedback, id=feedback_id):
        update(permitted.db, Feedback, feedback_id, **said, **judged)
        return
    insert(
        permitted.db,
        Feedback(id=feedback_id, project_id=project_id, turn_id=turn.id, **judged, **said, created_at=now()),  # type: ignore[arg-type]
    )


def keep_said(permitted: Permitted, project_id: str, said: Said, *, answerer: str) -> None:
    """Store what a program says of an answer that it got from a service, masked where the project masks what is said.

    Raises:
        Refused: the project keeps nothing that is said.
        SetupError: personal data is to be masked, and a model that finds it is missing or damaged.
    """
    form = StoredForm(permitted, project_id)
    question, answer, correction = map(form.of, (said.question, said.answer, said.correction or ""))
    with traceless(permitted.db):
        if get(permitted.db, Project, project_id).retention.kept == "not-kept":
            raise Refused(403, "not_kept", "This project keeps nothing that is said, so no feedback either.")
        insert(
            permitted.db,
            Feedback(
                id=new_id("feedback"),
                project_id=project_id,
                question=question,
                answer=answer,
                answerer=answerer,
                thumb=said.rating,
                correction=correction or None,
                is_unanswerable=said.should_not_have_answered,
                created_at=now(),
            ),
        )
