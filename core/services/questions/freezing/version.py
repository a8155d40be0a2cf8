"""Reviewed question pairs → a frozen dataset version: rows to train on, and some held out for the evaluation."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.access import Action
from core.files import folder_beside, keep_folder
from core.questions.dataset import Comparing, Comparison, Sides, card_of, sides_of
from core.questions.diversity import Diversity, Variety
from core.records import DatasetVersion, Project, WrittenText, new_id, now
from core.services.questions.datasets import (
    ASKED,
    HELDOUT,
    PREFERENCES,
    TEXTS,
    TRAIN,
    content_sha256,
    log_version,
    read_rows,
    row_of,
    settings_of,
    versions_of,
)
from core.services.questions.freezing.preferences import preferences_of
from core.services.questions.trainable import approvals_of, each_reviewed, trainable_amount
from core.services.questions.writing.texts import trainable_texts
from core.services.review import risk_of
from core.settings import DatasetSettings
from core.storage import Workspace, insert, rights, transaction

AT_ONCE = 256  # pairs between two reports
FREEZING: tuple[Action, ...] = ("train", "read documents")  # what whoever freezes must be allowed


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of freezing in words, and which percent of the whole it takes, as measured with 200,000 pairs."""

    words: str
    start_percent: float
    end_percent: float

    def percent(self, done: int, total: int) -> float:
        """Return how far freezing is when so much of this part is done."""
        return self.start_percent + (self.end_percent - self.start_percent) * (done / total if total else 1.0)


READING = Stage("Reading the kept pairs", 0, 52)
COMPARING = Stage("Comparing questions and answers, so that like ones stay together", 52, 64)
WRITING = Stage("Writing the version", 64, 100)
Report = Callable[[Stage, int, int], None]  # called with how much of a part is done, and of how much; may stop the work


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The rows of all pairs in a file, and what is to know of them: what they have in common, and their approvals."""

    rows: Path
    compared: Comparison
    review_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written of a version: how varied its pairs are, and how many texts there are."""

    diversity: Diversity
    texts: int


def freeze(
    workspace: Workspace,
    project: Project,
    settings: DatasetSettings | None = None,
    *,
    report: Report | None = None,
    note: Callable[[DatasetVersion], None] | None = None,
) -> DatasetVersion:
    """Freeze the reviewed pairs as a new dataset version; return the newest version if nothing changed.

    The pairs are read as they all stand at one moment, and go through a file, so that never all of them are held. What is
    not finished leaves nothing: a version has its name and its row at once, in the end.

    Args:
        workspace: where they are stored.
        project: whose pairs they are.
        settings: how they are split; by default as in the newest version.
        report: called many times; an exception that it raises stops the work.
        note: called with a new version in the transaction that stores it.

    Raises:
        InputError: there are no reviewed pairs, and why.
    """
    for action in FREEZING:
        rights.check(workspace.db, action, project.id)
    chosen = settings or settings_of(versions_of(workspace, project))
    folder = workspace.dataset_folder(project.id, new_id("dataset"))
    with folder_beside(folder) as beside:
        with _at_one_moment(workspace) as still:
            gathered = _gathered(still, project, beside / "rows", report or _silent)
            texts = trainable_texts(still, project)
            preferences = preferences_of(still, project)
            approvals = approvals_of(still, gathered.review_ids)
        sides = sides_of(gathered.compared, chosen)
        written = _write(gathered, sides, texts, beside, report or _silent)
        _write_preferences(preferences, beside, untaught=_untaught(gathered, sides))
        sha256 = content_sha256(beside)
        gathered.rows.unlink()
        card = card_of(gathered.compared, sides, chosen, diversity=written.diversity, texts=written.texts)
        with transaction(workspace.db):  # so that no other process is storing a version at the same time
            versions = versions_of(workspace, project)
            if versions and versions[0].sha256 == sha256:
                return versions[0]
            _remove_unnamed(workspace, project, versions)
            version = DatasetVersion(
                id=folder.name,
                project_id=project.id,
                number=1 + (versions[0].number if versions else 0),
                sha256=sha256,
                train_count=card.train,
                heldout_count=card.heldout,
                risk=risk_of(approvals),
                parents=(versions[0].id,) if versions else (),
                split=sides.by,
                card=card.as_json(),
                created_at=now(),
            )
            insert(workspace.db, version)
            log_version(workspace, "dataset version built", version)
            if note:
                note(version)
            keep_folder(beside, folder)
    return version


@contextmanager
def _at_one_moment(workspace: Workspace) -> Iterator[Workspace]:
    """Yield the workspace as it stands now, whatever is stored meanwhile; nothing may be stored in it."""
    still = Workspace(workspace.home, actor=workspace.actor)
    try:
        still.db.execute("begin")
        yield still
    finally:
        still.close()


def _gathered(still: Workspace, project: Project, rows: Path, report: Report) -> _Gathered:
    """Write the rows of all reviewed pairs to a file, and compare the pairs."""
    total = trainable_amount(still, project).pairs
    comparing, review_ids = Comparing(), set[str]()
    with rows.open("wb") as file:
        for number, pair in enumerate(each_reviewed(still, project)):
            if number % AT_ONCE == 0:
                report(READING, number, total)
            comparing.add(pair)
            file.write(_line(row_of(pair)))
            review_ids.add(pair.review_id or "")
    compared = comparing.compare(lambda done, of: report(COMPARING, done, of))
    return _Gathered(rows, compared, frozenset(review_ids - {""}))


def _write(gathered: _Gathered, sides: Sides, texts: Sequence[WrittenText], folder: Path, report: Report) -> _Written:
    """Write each row to the file of its side, and the texts about passages that are not held out to one of their own."""
    variety, done = Variety(), 0
    for name, is_heldout in ((TRAIN, False), (HELDOUT, True)):
        with gathered.rows.open("rb") as rows, (folder / name).open("wb") as file:
            for line in (line for position, line in enumerate(rows) if (position in sides.heldout) is is_heldout):
                if done % AT_ONCE == 0:
                    report(WRITING, done, len(gathered.compared.members))
                file.write(line)
                _add(variety, json.loads(line))
                done += 1
    lines = _text_lines(texts, heldout=_untaught(gathered, sides))
    if lines:
        (folder / TEXTS).write_bytes(b"".join(lines))
    return _Written(variety.diversity(), len(lines))


def _untaught(gathered: _Gathered, sides: Sides) -> set[str | None]:
    """Return the ids of the passages about which nothing is to be learned, because questions about them are held out."""
    held = () if sides.by == "wording" else sides.heldout
    return {gathered.compared.members[position].passage_id for position in held}


def _write_preferences(rows: Sequence[Mapping[str, Any]], folder: Path, *, untaught: Set[str | None] = frozenset()) -> None:
    """Write preferences beside the rows, but for held-out pairs, their questions and passages; nothing if none are left."""
    if not rows:
        return
    heldout = list(read_rows(folder / HELDOUT))
    pairs, questions = {row["pair_id"] for row in heldout}, {row.get("input") for row in heldout}

    def is_held_out(row: Mapping[str, Any]) -> bool:
        if "pair_id" in row:
            return row["pair_id"] in pairs
        return row["input"] in questions or row["passage_id"] in untaught

    content = b"".join(_line(row) for row in rows if not is_held_out(row))
    if content:
        (folder / PREFERENCES).write_bytes(content)


def _add(variety: Variety, row: Mapping[str, Any]) -> None:
    kind, wording, fact = (row.get(name) for name in ASKED)
    variety.add(row["input"], row["output"], kind=kind, wording=wording, fact=fact)


def _silent(_stage: Stage, _done: int, _total: int) -> None:
    """Report to nobody."""


def _remove_unnamed(workspace: Workspace, project: Project, versions: list[DatasetVersion]) -> None:
    """Delete files of versions without a row, left when the process was killed while storing them."""
    named = {version.id for version in versions}
    folder = workspace.dataset_folder(project.id, "")
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        if left.name not in named and not left.name.startswith("."):  # those are at work, or removed when the next begins
            shutil.rmtree(left, ignore_errors=True)


def _text_lines(texts: Sequence[WrittenText], *, heldout: Set[str | None]) -> list[bytes]:
    """Return the texts for continued training as rows, without those about passages that are held out."""
    return [
        _line({"text": text.text, "way": text.way, "text_id": text.id, "review_id": text.review_id})
        for text in texts
        if text.passage_id not in heldout
    ]


def _line(row: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(row, ensure_ascii=False)}\n".encode()
