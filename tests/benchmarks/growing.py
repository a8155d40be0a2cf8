"""Memory as the data grows: the same work on ten times as much should need the same memory."""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.frame import Measured
from tests.benchmarks.material import model_path, paragraphs

if TYPE_CHECKING:
    from core.privacy import Detector
    from core.privacy.detection.networks.reader import DetectorResults

SPACY_MODEL = "en-core-web-md"
_LOOK_UPS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def detect(*, megabytes: float) -> Measured:
    """`garrison detect` on a file of so many MB: the sample's paragraphs over and over, each with new words and names."""
    from core.privacy import build_detector

    return _detect(build_detector(model_path(SPACY_MODEL)), _paragraphs(megabytes))


def plumbing(*, megabytes: float) -> Measured:
    """The same with a reader that takes the first word of each piece for a name: all that stands around the models."""
    from core.privacy.detection.detector import PresidioDetector

    return _detect(PresidioDetector(_FirstWord(), (), workers=1), _paragraphs(megabytes))  # type: ignore[arg-type]


def addresses(*, count: int) -> Measured:
    """`garrison detect` on rows of a hundred mail addresses and a hundred links; no host may be asked for."""
    from core.privacy import build_detector

    asked: list[str] = []
    sys.addaudithook(lambda event, _: asked.append(event) if event in _LOOK_UPS else None)
    pairs = (f"k.okonkwo{n}@unit{n}.example https://host{n}.example/a{n}" for n in range(count // 2))
    measured = _detect(build_detector(model_path(SPACY_MODEL), workers=1), ("\n".join(rows) for rows in _hundreds(pairs)))
    return Measured(figures={**measured.figures, "asked": len(asked)}, detail=f"{measured.detail}, {len(asked)} look-ups")


def line(*, megabytes: float, unit: str) -> Measured:
    """The search of one line of so many MB that repeats `unit`, in one process; a text is held whole."""
    from core.privacy import build_detector

    detector = build_detector(model_path(SPACY_MODEL), workers=1)
    text = unit * int(megabytes * 1e6 / len(unit))
    started_s = time.perf_counter()
    spans = len(detector.detect([text])[0])
    speed = len(text) / (time.perf_counter() - started_s)
    return Measured(figures={"characters_per_s": speed}, detail=f"{spans:,} spans, {speed:,.0f} characters/s")


def equal_marks(*, count: int) -> Measured:
    """So many equal names of one document: surrogates, rows of the review, all decided at once and undone, masked."""
    from core.files import sha256_text
    from core.identity import declared
    from core.privacy import mask
    from core.records import Document, Span, now
    from core.services import review
    from core.services.privacy.project_surrogates import store_surrogates, surrogate_table
    from core.services.privacy.spans import equal_in_project, spans_of
    from core.storage import Workspace, insert, insert_many, transaction

    steps: dict[str, float] = {}
    begun_s = time.perf_counter()

    def step(name: str) -> None:
        nonlocal begun_s
        steps[name], begun_s = time.perf_counter() - begun_s, time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        workspace, by = Workspace(Path(folder)), declared("A. Vale")
        project = workspace.create_project("Names", policy="all-at-once")
        text, digest = "Okonkwo\n" * count, sha256_text("Okonkwo\n" * count)
        document = Document(
            id="d", project_id=project.id, name="names.txt", kind="txt", size_bytes=len(text), sha256=digest,
            text_sha256=digest, analyzed_sha256=digest, state="read", created_at=now(),
        )  # fmt: skip
        insert(workspace.db, document)
        workspace.store_text(document, text, pages=())
        step("prepared")
        with transaction(workspace.db):
            permitted = workspace.allowed("find personal data", project.id)
            table = surrogate_table(permitted, project.id)
            spans = [
                Span(
                    id=f"s{n}", document_id="d", start=8 * n, end=8 * n + 7, entity="PERSON", score=0.9, detector="rules",
                    surrogate=table.surrogate("PERSON", text[8 * n : 8 * n + 7]),
                )
                for n in range(count)
            ]  # fmt: skip
            insert_many(workspace.db, spans)
            store_surrogates(permitted, project.id, table)
        step("surrogates, stored")
        shown = spans_of(workspace, document)
        review.by_risk(text, shown)
        step("rows, by risk")
        equal = equal_in_project(workspace, project, span=shown[0], value="Okonkwo")
        step("equal ones")
        decision = review.accept(workspace, equal, by=by)
        step("accepted")
        review.undo(workspace, decision, by=by)
        step("undone")
        mask(text, shown)
        step("masked")
    return Measured(figures=steps, detail=", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items()))


class _FirstWord:
    """Reads nothing: what a piece begins with is a person."""

    def read(self, pieces: Sequence[str]) -> "list[DetectorResults]":
        from core.records import Detection

        return [
            ([Detection(start=0, end=len(piece.split(maxsplit=1)[0]), entity="PERSON", score=0.9, detector="rules")], [])
            for piece in pieces
        ]


def _detect(detector: "Detector", texts: Iterable[str]) -> Measured:
    from core.privacy import detect_file

    with tempfile.TemporaryDirectory() as folder:
        given, written = Path(folder) / "rows.jsonl", 0
        with given.open("w", encoding="utf-8") as file:
            for number, text in enumerate(texts):
                written += file.write(json.dumps({"id": number, "text": text}) + "\n")
        output = Path(folder) / "spans.jsonl"
        started_s = time.perf_counter()
        rows = detect_file(detector, given, output_path=output)
        seconds = time.perf_counter() - started_s
        with output.open(encoding="utf-8") as lines:
            spans = sum(line.count('"start"') for line in lines)
    return Measured(
        figures={"characters_per_s": written / seconds, "spans": spans},
        detail=f"{rows:,} rows, {spans:,} spans, {written / seconds:,.0f} characters/s",
    )


def _paragraphs(megabytes: float) -> Iterator[str]:
    size = 0
    for number, paragraph in enumerate(cycle(paragraphs())):
        if size >= megabytes * 1e6:
            return
        text = f"{paragraph} Part KX-{number:06d} was signed for by Mr. Aln{_letters(number)}."
        size += len(text)
        yield text


def _hundreds(lines: Iterable[str]) -> Iterator[list[str]]:
    rows: list[str] = []
    for line in lines:
        rows.append(line)
        if len(rows) == 100:
            yield rows
            rows = []
    if rows:
        yield rows


def _letters(number: int) -> str:
    """`number` as lower-case letters: a word the model has not seen."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
