"""What takes long to find out about question pairs: measured once per pair, stored, and read by the filters."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from core.models.embedder import EMBEDDING_MODEL, TOKENIZER, Embedder, open_embedder
from core.models.registry import find_model, model_folders
from core.privacy import Detector
from core.questions.filters.content.grounding import Source
from core.questions.filters.content.personal_data import words_of
from core.questions.filters.measuring import Subject, Tools, measure
from core.records import Detection, Document, PairMeasures, Passage, Project, QuestionPair
from core.storage import Workspace, find, rights
from core.storage.pair_measures import store_measures, stored_measures

AT_ONCE = 256  # pairs measured and stored together
TEXTS_HELD = 64  # approved texts of documents

Report = Callable[[int, int], None]


def measure_pairs(
    workspace: Workspace,
    project: Project,
    pairs: Sequence[QuestionPair],
    *,
    with_meaning: bool = False,
    tools: Tools | None = None,
    report: Report | None = None,
) -> dict[str, PairMeasures]:
    """Measure the pairs that were not measured as they are now, and return all measures by pair id.

    Each few hundred are stored at once, so that what is interrupted goes on where it was.

    Args:
        workspace: where they are stored.
        project: whose pairs they are.
        pairs: pairs of the project, also such as are not stored yet.
        with_meaning: also make the embeddings by which pairs are compared.
        tools: what measures; by default the parser, and the search for personal data where a pair holds unknown words.
        report: called with how many of those to be measured are done, and of how many.

    Raises:
        SetupError: a model that is needed is missing or damaged.
    """
    rights.check(workspace.db, "work on questions", project.id)
    if tools is None:
        tools = Tools(find_personal_data=_Search(workspace, project).find, embed=_embed(workspace) if with_meaning else None)
    known = stored_measures(workspace, project.id)
    due = [subject for subject in _Sources(workspace, project).subjects(pairs) if _is_due(subject, known, tools)]
    for start in range(0, len(due), AT_ONCE):
        if report:
            report(start, len(due))
        fresh = measure(due[start : start + AT_ONCE], tools)
        store_measures(workspace, project.id, fresh)
        known |= {each.pair_id: each for each in fresh}
    return known


class Meter:
    """Measures pairs a few at a time, with the same tools, so that never all of a project have to be held."""

    def __init__(self, workspace: Workspace, project: Project) -> None:
        """Open nothing yet."""
        self._workspace, self._project = workspace, project
        self._tools = Tools(find_personal_data=_Search(workspace, project).find)
        self._sources = _Sources(workspace, project)

    def measure(self, pairs: Sequence[QuestionPair]) -> None:
        """Measure and store what was not measured yet of these pairs.

        Raises:
            SetupError: a model that is needed is missing or damaged.
        """
        known = stored_measures(self._workspace, self._project.id, pair_ids=[pair.id for pair in pairs])
        due = [subject for subject in self._sources.subjects(pairs) if _is_due(subject, known, self._tools)]
        if due:
            store_measures(self._workspace, self._project.id, measure(due, self._tools))


def passages_of(workspace: Workspace, project: Project, pairs: Sequence[QuestionPair]) -> dict[str, str]:
    """Return the approved passage of each pair that comes from one, by pair id."""
    rights.check(workspace.db, "read documents", project.id)
    subjects = _Sources(workspace, project).subjects(pairs)
    return {subject.pair.id: subject.source.passage for subject in subjects if subject.source}


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

    def subjects(self, pairs: Sequence[QuestionPair]) -> list[Subject]:
        """Return the pairs with their sources; one that was imported, or whose approval is gone, has none."""
        return [self._subject(pair) for pair in pairs]

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
