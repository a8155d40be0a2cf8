"""A project that has been through the steps up to a finished run, stored row by row; nothing is trained for it."""

import json
from dataclasses import dataclass, replace

import pytest

from core.files import sha256_text, write_atomic
from core.records import SEARCH_VERSION, DatasetVersion, Document, Page, Passage, Project, QuestionPair, Review, Run, now
from core.settings import TrainingSettings
from core.storage import Workspace, insert


@dataclass(frozen=True)
class LearnedProject:
    """A project with one approved document of two passages, three pairs kept and one dropped, and a finished run."""

    project: Project
    pairs: tuple[QuestionPair, ...]
    run: Run


QUOTE = "The winch holds 12 tonnes."
PASSAGES = (f"{QUOTE} <b>Watch</b> the rope.", "Nobody stands inside the angle of a loaded rope.")


@pytest.fixture
def learned(workspace: Workspace) -> LearnedProject:
    project = workspace.create_project("Field manuals")
    text = "\n\n".join(PASSAGES)
    sha256 = sha256_text(text)
    document = Document(
        id="document-1", project_id=project.id, name="Winch.md", kind="md", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read",
        search_version=SEARCH_VERSION, page_count=1, word_count=15, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    starts = (0, len(PASSAGES[0]) + 2)
    passages = [
        Passage(
            id=f"passage-{index}",
            document_id=document.id,
            index=index,
            start=start,
            end=start + len(part),
            heading="",
            page="page 1",
            token_count=10,
            text=part,
        )  # fmt: skip
        for index, (start, part) in enumerate(zip(starts, PASSAGES, strict=True))
    ]
    insert(workspace.db, *passages)
    review = Review(
        id="review-1", document_id=document.id, reviewer="Ada", text_sha256=sha256, anonymized_sha256=sha256, span_count=0,
        created_at=now(),
    )  # fmt: skip
    workspace.store_approval(document, review, text=text, passages=passages)
    pairs = tuple(
        QuestionPair(
            id=f"pair-{number}",
            project_id=project.id,
            input=question,
            output=QUOTE,
            origin="generated",
            state=state,
            reason=reason,
            document_id=document.id,
            document_name=document.name,
            review_id=review.id,
            passage_id="passage-0",
            page="page 1",
            quote=QUOTE,
            quote_start=0,
            quote_end=len(QUOTE),
            created_at=now(),
        )  # fmt: skip
        for number, (question, state, reason) in enumerate(
            [
                ("How much does the winch hold?", "kept", ""),
                ("What holds 12 tonnes?", "kept", ""),
                ("How many tonnes?", "kept", ""),
                ("What?", "dropped", "duplicate"),
            ]
        )
    )
    insert(workspace.db, *pairs)
    version = DatasetVersion(
        id="dataset-1", project_id=project.id, number=1, sha256="", train_count=2, heldout_count=1, created_at=now()
    )
    run = Run(
        id="run-1", project_id=project.id, number=1, dataset_id=version.id, dataset_sha256="", model="smollm2-135m-instruct",
        model_sha256="", settings=TrainingSettings(goal="quick", epochs=5).model_dump(), is_finished=True, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, version)
    insert(workspace.db, run)
    rows = [{"step": 1, "loss": 3.0, "tokens_per_s": 150.0}, {"step": 2, "loss": 2.0, "validation_loss": 2.5}]
    write_atomic(workspace.run_folder(project.id, run.id) / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return LearnedProject(project, pairs, run)


def add_facts(workspace: Workspace, learned: LearnedProject, count: int) -> None:
    """Add so many facts, each in a passage of its own, and take away the run and its dataset version."""
    pattern = learned.pairs[0]
    insert(
        workspace.db,
        *[
            replace(pattern, id=f"fact-{n}", input=f"What is part {n}?", output=f"It holds {n} bolts", passage_id=f"p{n}")
            for n in range(count)
        ],
    )
    workspace.db.execute("delete from runs")
    workspace.db.execute("delete from datasets")
