"""The whole path on random projects: read, search, decide at random, approve, export. Nothing masked leaves by any way.

Looked through are the anonymized texts, the files of a dataset version, every export in every format with all parts of its
zip archives, the audit log, what jobs say (message, result, error, hint), what is logged, and every file name below the
workspace and the exports. Not looked through is what must hold the original: the stored documents and the database's tables
of documents, passages, spans and imported pairs. See `survival` for what it means that a value survives.
"""

import io
import json
import logging
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from core.errors import GarrisonError
from core.identity import declared
from core.jobs.context import JobContext
from core.jobs.worker import run_job
from core.privacy import Masked, mask
from core.privacy.detection.overlaps import resolve
from core.questions import inspect_file
from core.records import Detection, Document, Job, Project, Span, new_id, now
from core.services import review
from core.services.documents.document_export import export_documents
from core.services.privacy import anonymization
from core.services.questions import pair_import
from core.services.questions.freezing.version import freeze
from core.services.questions.pair_export import export_pairs
from core.storage import Workspace, audit, find, insert
from tests.unread import approve_unread

from .material import document, value
from .profile import examples
from .survival import masked_values, survivors, unmasked_text

pytestmark = pytest.mark.slow

REVIEWER = declared("Ada")


class ValueDetector:
    """Finds given values wherever they stand, in some projects but for some places; the same interface as the real one."""

    def __init__(self, values: list[tuple[str, str]], rng: random.Random) -> None:
        self._values = values
        self._rng = rng
        self._missed = rng.choice([0, 0, 0, 0.02])

    def detect(self, texts: list[str]) -> list[list[Detection]]:
        return [resolve(text, self._places(text)) for text in texts]

    def _places(self, text: str) -> Iterator[Detection]:
        for entity, wanted in self._values:
            at = text.find(wanted)
            while at >= 0:
                if self._rng.random() >= self._missed:
                    yield Detection(start=at, end=at + len(wanted), entity=entity, score=0.9, detector="rules")
                at = text.find(wanted, at + 1)


def write_files(folder: Path, rng: random.Random, values: list[tuple[str, str]]) -> list[Path]:
    """A file of each format, called after a person in it."""
    import docx
    import openpyxl

    words = [text for _, text in values]
    names = [f"{rng.choice(words)} {kind}".replace("/", "-").replace("\n", " ") for kind in range(4)]
    paths = [folder / f"{name}.{kind}" for name, kind in zip(names, ("md", "csv", "docx", "xlsx"), strict=True)]
    body = document(rng.randrange(2**32), pieces=30).text
    heading = f"# {rng.choice(words)} and the winch"
    paths[0].write_text(f"{heading}\n\n{body}\n\n{rng.choice(words)} ends.", encoding="utf-8")
    rows = [["Name", "Note", rng.choice(words)]]
    rows += [[rng.choice(words), f"saw {rng.choice(words)}; twice", rng.choice(["", "x"])] for _ in range(5)]
    paths[1].write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows), encoding="utf-8")
    word = docx.Document()
    word.core_properties.author = rng.choice(words)
    for _ in range(4):
        paragraph = word.add_paragraph(style=rng.choice(["Normal", "Heading 1", "List Bullet"]))
        for _ in range(5):
            piece = rng.choice([*words, "the winch", "is kept"])
            cut = rng.randrange(len(piece) + 1)
            paragraph.add_run(piece[:cut]).bold = rng.random() < 0.5
            paragraph.add_run(piece[cut:] + " ")
    table = word.add_table(rows=len(rows), cols=3)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            table.cell(number, column).text = cell
    word.sections[0].header.paragraphs[0].text = f"Of {rng.choice(words)}"
    word.save(str(paths[2]))
    book = openpyxl.Workbook()
    book.active.title = "Sheet of " + "".join(c for c in rng.choice(words) if c.isalnum())[:20]
    for row in rows:
        book.active.append(row)
    book.save(paths[3])
    return paths


def decide_at_random(workspace: Workspace, project: Project, rng: random.Random) -> None:
    """Accept, reject, add and undo, in any order and on any document."""
    last = None
    for _ in range(rng.choice([0, 0, 4, 12])):
        documents = find(workspace.db, Document, project_id=project.id, state="read")
        chosen = rng.choice(documents)
        spans = find(workspace.db, Span, document_id=chosen.id)
        text = workspace.text(chosen)
        start = rng.randrange(len(text))
        try:
            match rng.choice(["accept", "reject", "add", "undo"]):
                case "accept" if spans:
                    last = review.accept(workspace, rng.sample(spans, 1 + rng.randrange(len(spans))), by=REVIEWER)
                case "reject" if spans:
                    last = review.reject(workspace, rng.sample(spans, 1 + rng.randrange(len(spans)) // 3), by=REVIEWER)
                case "add":
                    end = min(len(text), start + 1 + rng.randrange(20))
                    review.add(workspace, chosen, start=start, end=end, entity="PERSON", by=REVIEWER)
                case "undo" if last:
                    review.undo(workspace, last, by=REVIEWER)
        except GarrisonError:
            pass  # an addition without a letter, an undo that came too late


def outputs(workspace: Workspace, project: Project, out: Path) -> Iterator[str]:
    """Everything that leaves, or that somebody sees who may not see the documents."""
    for path in [*workspace.home.rglob("*"), *out.rglob("*")]:
        yield str(path.name)
    folder = workspace.project_folder(project.id)
    for path in [*(folder / "anonymized").rglob("*"), *(folder / "datasets").rglob("*"), *out.rglob("*")]:
        if path.is_file():
            yield from _strings(path)
    yield from (text for _, text in audit.entries(workspace.db))
    yield (workspace.home / audit.HEADS_NAME).read_text(encoding="utf-8")
    for job in find(workspace.db, Job):
        yield json.dumps([job.message, job.result, job.error, job.hint, job.hint_command], ensure_ascii=False)


def _strings(path: Path) -> Iterator[str]:
    if not zipfile.is_zipfile(path):
        text = path.read_text(encoding="utf-8")
        yield text
        if path.suffix == ".jsonl":
            yield from (str(part) for line in text.split("\n") if line for part in json.loads(line).values())
        return
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            root = etree.fromstring(archive.read(name))
            yield name
            yield from ("".join(paragraph.itertext()) for paragraph in root.iter("{*}p", "{*}si", "{*}is", "{*}c"))
            for element in root.iter():
                own = "" if element.tag.endswith("}t") else element.text or ""  # a run may end inside a word
                yield from (own, element.tail or "", *element.attrib.values())


def run(workspace: Workspace, project: Project, kind: str, params: dict[str, object]) -> Job:
    job = Job(id=new_id("job"), kind=kind, project_id=project.id, params=params, created_at=now())
    insert(workspace.db, job)
    return run_job(workspace, job.id)


def search(workspace: Workspace, project: Project, detector: ValueDetector) -> None:
    """What the stage does once it has its models."""
    for found in find(workspace.db, Document, project_id=project.id, state="read"):
        if not found.is_analyzed:
            text = workspace.text(found)
            [detections] = detector.detect([text])
            anonymization._store_found(workspace, project, document=found, text=text, detections=detections)
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    job = Job(id=new_id("job"), kind="anonymize", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    names = anonymization._project_names(JobContext(workspace, job), documents)
    for found in documents:
        anonymization._spread(workspace, project, document=found, search=names)


def masking(workspace: Workspace, found: Document) -> tuple[str, Masked]:
    text = workspace.text(found)
    return text, mask(text, find(workspace.db, Span, document_id=found.id))


@examples(12)
@given(st.integers(0, 2**32))
def test_nothing_masked_leaves(caplog: pytest.LogCaptureFixture, seed: int) -> None:
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    rng = random.Random(seed)
    values = [value(rng) for _ in range(6)]
    with TemporaryDirectory() as place:
        workspace, out = Workspace(Path(place) / "home"), Path(place) / "out"
        out.mkdir()
        project = workspace.create_project("a", policy="all-at-once")
        files = write_files(Path(place), rng, values)
        broken = Path(place) / f"{values[0][1].replace('/', '-')}.json"
        broken.write_text(f'{{"name": "{values[0][1]}', encoding="utf-8")
        given_files = [{"path": str(path), "name": path.name} for path in [*files, broken]]
        assert run(workspace, project, "read", {"files": given_files}).state == "done"
        pairs = Path(place) / "pairs.jsonl"
        rows = [
            {"input": f"Who is {text}?", "output": f"{text} keeps the winch, says {rng.choice(values)[1]}."}
            for _, text in values
        ]
        pairs.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        job = Job(id=new_id("job"), kind="import", project_id=project.id, params={}, created_at=now())
        insert(workspace.db, job)
        given = pair_import.Params(path=str(pairs), name=f"{values[1][1]}.jsonl")
        pair_import._store(JobContext(workspace, job), project, given, inspect_file(pairs))
        search(workspace, project, ValueDetector(values, rng))
        decide_at_random(workspace, project, rng)
        documents = find(workspace.db, Document, project_id=project.id, state="read")
        assert len(documents) == 5
        for found in documents:
            approve_unread(workspace, project, found, by=REVIEWER)
        for format in ("txt", "jsonl", "same"):
            export_documents(workspace, documents, out / format, format=format)
        export_pairs(workspace, project, out / "pairs.jsonl", with_source=True)
        freeze(workspace, project)

        maskings = [masking(workspace, found) for found in documents]
        readable = [unmasked_text(text, masked) for text, masked in maskings]
        masked = set().union(*(masked_values(text, edits) for text, edits in maskings))
        told = set(survivors(masked, readable))
        strings = [*outputs(workspace, project, out), caplog.text]
        assert set(survivors(masked - told, strings)) == set()
        event(f"{len(masked - told)} values to look for")
        kinds = {path.suffix for path in (out / "same").iterdir()}
        assert {".docx", ".xlsx", ".csv"} <= kinds, "no copy in its own format was refused"
        for found, (_, edits) in zip(documents, maskings, strict=True):
            standing = workspace.active_review(found.id)
            assert standing is not None and workspace.anonymized_text(project.id, standing) == edits.text
            _, passages = workspace.approved_passages(found)
            originals = workspace.passages(found)
            assert [passage.text for passage in passages] == [
                edits.text[edits.position(passage.start) : edits.position(passage.end)] for passage in originals
            ]
        workspace.close()


def test_a_defect_is_logged_without_what_it_quotes(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """A job whose params are broken ends in a defect of ours; neither its row nor the log quotes them."""
    workspace = Workspace(tmp_path / "home")
    project = workspace.create_project("a", policy="all-at-once")
    job = run(workspace, project, "read", {"files": [{"path": ["Anneke Berglund"], "name": "Anneke Berglund.txt"}]})
    assert job.state == "failed" and "reference" in job.error
    assert "Berglund" not in caplog.text + job.error + job.hint + job.hint_command + job.message + json.dumps(job.result)
    workspace.close()


def test_the_search_for_survivors_finds_what_is_there() -> None:
    """Else the property above could not fail."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.xml", "<a><p>Anneke <b>Berg</b>lund</p></a>")
    assert list(survivors({"anneke berglund"}, ["Report of ANNEKE\u00a0 Berglund."])) == ["anneke berglund"]
    assert list(survivors({"berglund"}, ["berglunds", "xberglund"])) == []
    assert unmasked_text("Anna Berg", Masked("X Berg", ())) == "anna berg"
