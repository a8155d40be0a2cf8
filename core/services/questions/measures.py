"""What takes long to find out about question pairs: measured once per pair, stored, and read by the filters."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from core.models.embedder import EMBEDDING_MODEL, TOKENIZER, Embedder, open_embedder
from core.models.registry import find_model, model_folders
from core.privacy import Detector
from core.questions.filters.content.grounding import Source
from core.questions.filters.content.personal_data import words_of
from core.questions.filters.measuring import Subject, Tools, measure
from core.records import Detection, Document, PairMeasures, Passage, Project, QuestionPair
from core.storage import Workspace, find, find_each, rights
from core.storage.pair_measures import store_measures, stored_measures

AT_ONCE = 256  # pairs measured and stored together
TEXTS_HELD = 64  # approved texts of documents

Report = Callable[[int, int], None]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class AllPairs:
    """The pairs of a project in order, read anew each time that they are gone through, so that never all are held."""

    workspace: Workspace
    project: Project

    def __iter__(self) -> Iterator[QuestionPair]:
        """Read them, a few hundred at a time."""
        return find_each(self.workspace.db, QuestionPair, project_id=self.project.id, order="created_at, rowid")


def measure_pairs(
    workspace: Workspace,
    project: Project,
    pairs: Iterable[QuestionPair],
    *,
    with_meaning: bool = False,
    tools: Tools | None = None,
    report: Report | None = None,
) -> None:
    """Measure the pairs that were not measured as they are now; `each_measured` gives what is stored of them then.

    Each few hundred are stored at once, so that what is interrupted goes on where it was.

    Args:
        workspace: where they are stored.
        project: whose pairs they are.
        pairs: pairs of the project, also such as are not stored yet; gone through twice if there is a `report`.
        with_meaning: also make the embeddings by which pairs are compared.
        tools: what measures; by default the parser, and the search for personal data where a pair holds unknown words.
        report: called with how many of those to be measured are done, and of how many.

    Raises:
        SetupError: a model that is needed is missing or damaged.
    """
    rights.check(workspace.db, "work on questions", project.id)
    if tools is None:
        tools = Tools(find_personal_data=_Search(workspace, project).find, embed=_embed(workspace) if with_meaning else None)
    sources = _Sources(workspace, project)
    total = sum(1 for _ in _due(workspace, project, sources.subjects(pairs), tools)) if report else 0
    if report and not total:
        return
    due, done = _due(workspace, project, sources.subjects(pairs), tools), 0
    for batch in _few(due):
        if report:
            report(done, total)
        store_measures(workspace, project.id, measure(batch, tools))
        done += len(batch)


def each_measured(
    workspace: Workspace, project: Project, pairs: Iterable[QuestionPair]
) -> Iterator[tuple[QuestionPair, PairMeasures | None]]:
    """Yield each pair with what is stored of it, a few hundred at a time."""
    rights.check(workspace.db, "read documents", project.id)
    for batch in _few(pairs):
        known = stored_measures(workspace, project.id, pair_ids=[pair.id for pair in batch])
        yield from ((pair, known.get(pair.id)) for pair in batch)


def _due(workspace: Workspace, project: Project, subjects: Iterable[Subject], tools: Tools) -> Iterator[Subject]:
    """Yield the pairs that were not measured as they are now."""
    for batch in _few(subjects):
        known = stored_measures(workspace, project.id, pair_ids=[subject.pair.id for subject in batch])
        yield from (subject for subject in batch if _is_due(subject, known, tools))


def _few(items: Iterable[Item]) -> Iterator[list[Item]]:
    items = iter(items)
    while batch := list(islice(items, AT_ONCE)):
        yield batch


class Meter:
    """Measures pairs a few at a time, with the same tools, so that never all of a project have to be held."""

    def __init__(self, workspace: Workspace, project: Project) -> None:
        """Open nothing yet."""
        self._workspace, self._project = workspace, project
        self._tools = Tools(find_personal_data=_Search(workspace, project).find)
        self._sources = _Sources(workspace, project)
        self._waiting: list[QuestionPair] = []

    def add(self, pairs: Iterable[QuestionPair]) -> None:
        """Take pairs to be measured, and measure them once there are enough to do so at once."""
        self._waiting += pairs
        if len(self._waiting) >= AT_ONCE:
            self.measure_rest()

    def measure_rest(self) -> None:
        """Measure those that were added and not measured yet."""
        waiting, self._waiting = self._waiting, []
        self.measure(waiting)

    def measure(self, pairs: Sequence[QuestionPair]) -> None:
        """Measure and store what was not measured yet of these pairs.

        Raises:
            SetupError: a model that is needed is missing or damaged.
        """
        due = list(_due(self._workspace, self._project, self._sources.subjects(pairs), self._tools))
        if due:
            store_measures(self._workspace, self._project.id, measure(due, self._tools))


def each_with_passage(
    workspace: Workspace, project: Project, pairs: Iterable[QuestionPair]
) -> Iterator[tuple[QuestionPair, str | None]]:
    """Yield each pair with the approved passage that it comes from, if it comes from one."""
    rights.check(workspace.db, "read documents", project.id)
    subjects = _Sources(workspace, project).subjects(pairs)
    return ((subject.pair, subject.source.passage if subject.source else None) for subject in subjects)


def _is_due(subject: Subject, known: dict[str, PairMeasures], tools: Tools) -> bool:
    measures = known.get(subject.pair.id)
    if measures is None or measures.sha256 != subject.sha256:
        return True
    return tools.embed is not None and measures.embedding is None


def _embed(workspace: Workspace) -> Callable[[Sequence[str]], list[bytes]]:
    """Return what makes embeddings; the network is loaded when it is first asked.

    Raises:
        SetupError: the network is not on this machine.
    """
    folders = model_folders(workspace.home)
    paths = [Path(find_model(folders, name).path) for name in (EMBEDDING_MODEL, TOKENIZER)]
    opened: list[Embedder] = []

    def embed(texts: Sequence[str]) -> list[bytes]:
        if not opened:
            opened.append(open_embedder(*paths))
        return opened[0].embed(texts)

    return embed


class _Search:
    """The project's search for personal data, opened when it is first needed: that takes seconds."""

    def __init__(self, workspace: Workspace, project: Project) -> None:
        self._open = partial(_detector, workspace, project.id)
        self._detector: Detector | None = None

    def find(self, texts: Sequence[str]) -> list[list[Detection]]:
        """Return the detections in each text."""
        self._detector = self._detector or self._open()
        return self._detector.detect(texts)


def _detector(workspace: Workspace, project_id: str) -> Detector:
    from core.services.privacy.anonymization import open_detector

    return open_detector(workspace, project_id=project_id)


class _Sources:
    """The approved texts of a project, each read once."""

    def __init__(self, workspace: Workspace, project: Project) -> None:
        self._workspace = workspace
        self._documents = {document.id: document for document in find(workspace.db, Document, project_id=project.id)}
        self._approved: dict[str, tuple[str | None, dict[str, Passage], str, frozenset[str]]] = {}

    def subjects(self, pairs: Iterable[QuestionPair]) -> Iterator[Subject]:
        """Yield the pairs with their sources; one that was imported, or whose approval is gone, has none."""
        return (self._subject(pair) for pair in pairs)

    def _subject(self, pair: QuestionPair) -> Subject:
        document = self._documents.get(pair.document_id)
        if document is None or pair.review_id is None or pair.origin == "imported":
            return Subject(pair, language=document.language if document else None)
        review_id, passages, text, words = self._of(document)
        passage = passages.get(pair.passage_id or "")
        if passage is None or review_id != pair.review_id:
            return Subject(pair, language=document.language)
        around = f"{passage.heading}\n{document.name}"
        source = Source(passage=passage.text, around=around, document=text, document_words=words)
        return Subject(pair, source, document.language)

    def _of(self, document: Document) -> tuple[str | None, dict[str, Passage], str, frozenset[str]]:
        if document.id not in self._approved:
            if len(self._approved) >= TEXTS_HELD:
                self._approved.clear()
            review, passages = self._workspace.approved_passages(document)
            headings = {passage.heading for passage in passages}
            text = "\n".join([*(passage.text for passage in passages), *headings, document.name])
            by_id = {passage.id: passage for passage in passages}
            self._approved[document.id] = (review.id if review else None, by_id, text, words_of(text))
        return self._approved[document.id]
