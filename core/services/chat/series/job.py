"""A question file and two to four answerers → their answers, scored. Each is kept as it comes; nothing is asked twice."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from core.chat import Ask, ChatModel, Ended, Message, together
from core.chat.room import Room
from core.errors import InputError
from core.evaluation.outcomes import outcome_of
from core.evaluation.scores import token_f1
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.models.text import Pace
from core.records import Project, Series, SeriesAnswer, SeriesAnswerer, SeriesQuestion, SeriesSource, now
from core.services.chat.answerers import open_answerer
from core.services.chat.keeping.stored_form import StoredForm
from core.services.chat.series.answerers import Chosen, as_they_are, check_unchanged
from core.services.chat.series.questions import questions_of, rows_of, sha256_of
from core.services.documents.incoming import remove_incoming, shown_name
from core.services.retrieval.answering import FromDocuments
from core.services.retrieval.index import count_sources
from core.storage import Workspace, find, get, insert, insert_many
from core.storage.audit import account
from core.storage.series_pages import answered
from core.storage.series_words import delete_words
from core.storage.traceless import empty_log, traceless

Report = Callable[[int, str], None]  # called with the number of new answers, or 0, and what is done; an exception ends it

AT_ONCE = 4  # questions to one model: as many as the engine writes side by side
LONGEST_TOKENS, MOST_TOKENS = 512, 4096
READING = "Reading the approved documents"
TEMPERATURE = 0.0  # the likeliest words, which are the same each time: so there is no seed to choose


class Params(JobParams):
    """Who answers, and the file of the questions ("" for those held out) with its `name` as people know it.

    `remove_after` deletes the file once the questions are stored.
    """

    kind = "compare"
    answerers: tuple[Chosen, ...]
    questions: PathText = ""
    name: PathText = ""
    remove_after: bool = False
    longest_tokens: int = LONGEST_TOKENS


class Result(JobResult):
    """The series that was answered."""

    kind = "compare"
    series_id: str


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that those who are to answer can, and that there are questions."""
    project = get(workspace.db, Project, project_id)
    as_they_are(workspace, project, params.answerers)
    if not 1 <= params.longest_tokens <= MOST_TOKENS:
        raise InputError(f"An answer cannot have {params.longest_tokens} tokens.", f"Choose 1 to {MOST_TOKENS:,}.")
    rows = _rows(workspace, project, params)
    if project.retention.kept == "not-kept" and not any(row["output"] for row in rows):
        raise InputError(
            "This project keeps nothing that is said, and without right answers no score would be left of this either.",
            "Bring questions with right answers, or let the project keep what is said for some days.",
        )


def _rows(workspace: Workspace, project: Project, params: Params) -> list[dict[str, object]]:
    run_ids = [each.answerer for each in params.answerers]
    return rows_of(workspace, project, params.questions, name=params.name, run_ids=run_ids)


def run(context: JobContext, params: Params) -> Result:
    """Run a job that has a series answered, one answerer after the other."""
    project = context.project()
    series = _begun(context, project, params)
    if params.questions and params.remove_after:
        remove_incoming([Path(params.questions)])
    check_unchanged(context.workspace, project, series.answerers)
    questions = find(context.workspace.db, SeriesQuestion, series_id=series.id, order="number")
    kept = [answered(context.workspace.db, series.id, side) for side in range(len(series.answerers))]
    due = [[each for each in questions if each.number not in known] for known in kept]
    if series.words_deleted_at and any(due):
        raise InputError("The project keeps the questions of this comparison no longer.", "Compare anew.")
    done, count = 0, sum(map(len, due))  # of this attempt, so that the time left goes by what is still to be done

    def report(answers: int, message: str) -> None:
        nonlocal done
        done += answers
        context.progress(done, count, unit="answers", message=message)

    for side, left in enumerate(due):
        if left:
            _answer(context, project, series, side, left, report)
    check_unchanged(context.workspace, project, series.answerers)  # also while they answered, as by a withdrawn approval
    _forget_unless_kept(context.workspace, project.id, series)
    return Result(series_id=series.id)


def _forget_unless_kept(workspace: Workspace, project_id: str, series: Series) -> None:
    """Delete questions and answers at once, if the project keeps nothing that is said."""
    if get(workspace.db, Project, project_id).retention.kept != "not-kept" or series.words_deleted_at:
        return
    with traceless(workspace.db):
        delete_words(workspace.db, [series.id])
    empty_log(workspace.db)


def _begun(context: JobContext, project: Project, params: Params) -> Series:
    """Return the series that an earlier attempt of this job began, else a new one with its questions."""
    workspace = context.workspace
    series_id = context.begun_id("series")
    if earlier := find(workspace.db, Series, id=series_id):
        return earlier[0]
    context.progress(0, 1, message="Reading the questions")
    rows = _rows(workspace, project, params)
    answerers = as_they_are(workspace, project, params.answerers)
    form = StoredForm(workspace.allowed("chat", project.id), project.id) if params.questions else None
    questions = questions_of(workspace, project, rows, answerers, series_id=series_id, form=form)
    actor = workspace.actor
    with traceless(workspace.db):
        number = 1 + max((each.number for each in find(workspace.db, Series, project_id=project.id)), default=0)
        series = Series(
            id=series_id,
            project_id=project.id,
            person_id=actor.person.id if actor else None,
            made_by=actor.person.name if actor else account(),
            number=number,
            questions=shown_name(params.name or Path(params.questions).name) if params.questions else "",
            questions_sha256=sha256_of(params.questions, rows),
            question_count=len(questions),
            answerers=answerers,
            settings={"temperature": TEMPERATURE, "longest_tokens": params.longest_tokens},
            job_id=context.job.id,
            created_at=now(),
        )
        insert(workspace.db, series)
        insert_many(workspace.db, questions)
    return series


def _answer(
    context: JobContext, project: Project, series: Series, side: int, questions: Sequence[SeriesQuestion], report: Report
) -> None:
    """Have one answerer answer its questions, several at once, and store each answer as it comes."""
    answerer, workspace, settings = series.answerers[side], context.workspace, series.settings
    if answerer.from_documents:  # now and once, not by each question
        count_sources(workspace, project, report=lambda _done, _total: report(0, READING))
    report(0, f"Opening {answerer.title}")
    with closing(open_answerer(workspace, answerer.answerer)) as model:
        readings = [_reading(workspace, project, model, answerer) for _ in questions]
        asks = [Ask(reading or model, _messages(question)) for reading, question in zip(readings, questions, strict=True)]
        said = together(asks, max_tokens=settings["longest_tokens"], temperature=settings["temperature"], at_once=AT_ONCE)
        with closing(said):
            for each in said:
                if isinstance(each, Ended):
                    question = questions[each.side]
                    reading = readings[each.side]
                    answer = replace(_scored(question, side, each), sources=reading.sources if reading else ())
                    _store(context, _in_stored_form(workspace, question, answer))
                report(isinstance(each, Ended), f"{answerer.title} answers")


def _reading(workspace: Workspace, project: Project, model: ChatModel, answerer: SeriesAnswerer) -> "_Reading | None":
    return _Reading(workspace, project, model) if answerer.from_documents else None


class _Reading:
    """A `ChatModel` for one question, which reads the documents first, in whatever thread it is asked."""

    def __init__(self, workspace: Workspace, project: Project, model: ChatModel) -> None:
        self._workspace, self._project, self._model = workspace, project, model
        self.backend = model.backend
        self.sources: tuple[SeriesSource, ...] = ()

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        try:
            reading = FromDocuments(self._workspace, self._project, self._model)
            pace = yield from reading.stream(messages, max_tokens=max_tokens, temperature=temperature)
            self.sources = tuple(
                SeriesSource(document=each.document, page=each.page, passage_id=each.passage_id) for each in reading.sources
            )
            return pace
        finally:
            self._workspace.close()  # this thread's connection

    def room(self, messages: Sequence[Message]) -> Room | None:
        return self._model.room(messages)

    def close(self) -> None:
        pass


def _messages(question: SeriesQuestion) -> list[Message]:
    said = [Message("system", question.system)] if question.system else []
    for turn in question.history:
        said += [Message("user", turn.input), Message("assistant", turn.output)]
    return [*said, Message("user", question.question)]


def _scored(question: SeriesQuestion, side: int, ended: Ended) -> SeriesAnswer:
    """Return an answer with its scores, or why there is none; what is not the question's fault ends the job.

    Raises:
        Exception: whatever the model raised, but for a question that it cannot read.
    """
    if ended.answer is None and not isinstance(ended.error, InputError):
        raise ended.error or RuntimeError("an answer ended without a reason")
    given = ended.answer
    text = given.text.strip() if given else ""
    is_scored = bool(question.reference)
    return SeriesAnswer(
        series_id=question.series_id,
        project_id=question.project_id,
        number=question.number,
        side=side,
        text=text,
        state="complete" if given is None or given.is_complete else "repeating" if given.is_repeating else "cut",
        problem="" if given else "It could not read a question this long.",
        whole_s=given.whole_s if given else 0.0,
        f1=token_f1(text, question.reference) if is_scored else None,
        outcome=outcome_of(
            text, reference=question.reference, question=question.question, is_answerable=question.is_answerable
        )
        if is_scored
        else None,
    )


def _in_stored_form(workspace: Workspace, question: SeriesQuestion, answer: SeriesAnswer) -> SeriesAnswer:
    """Return an answer as its project stores it: it was scored by what was said."""
    permitted = workspace.allowed("chat", answer.project_id)
    return replace(answer, text=StoredForm(permitted, answer.project_id, said=(question.question,)).of(answer.text))


def _store(context: JobContext, answer: SeriesAnswer) -> None:
    """Store an answer, unless another process has taken over the job.

    Raises:
        JobCancelled: it has.
    """
    with traceless(context.workspace.db):
        context.finish_item(f"{answer.side}:{answer.number}")
        insert(context.workspace.db, answer)
