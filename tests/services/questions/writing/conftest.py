"""A project to write about, and a model that replies as told."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.jobs import worker
from core.models.text import Completion, Prompt
from core.questions.filters.measuring import Tools
from core.records import Job, Project
from core.services.questions import generation
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find
from tests.attack.killing import ADA, opened, put_document
from tests.unread import approve_all_unread

PASSAGES = 10  # more than a batch


def sentences(number: int) -> str:
    return (
        f"The filter of pump {number} must be replaced every {number + 2}00 operating hours. "
        f"The tank of pump {number} holds {number + 3}40 liters of diesel oil. "
        f"Service sheets of pump {number} are kept for {number + 4} years."
    )


def passage_of(prompt: Prompt) -> str:
    return re.findall(r"Passage: ~+\n(.*?)\n~+", prompt.messages[0].content, re.DOTALL)[-1]


def well(prompt: Prompt) -> str:
    """Reply to every prompt as a good model does."""
    if not prompt.schema:
        head = re.sub(
            r"The filter of (pump \d+) must be replaced every", r"A new filter goes into \1 after", passage_of(prompt)
        )
        return (
            f"Here is what one has to know when working in the hall with the machines. {head} Nothing more is to be noted."
        )
    if '"questions"' in prompt.schema:
        return "no JSON"
    quote, number = re.findall(r"(The tank of pump (\d+) holds \d+ liters)", passage_of(prompt))[0]
    told = {"quote": quote, "kind": "fact", "question": f"What does the tank of pump {number} hold?"}
    return json.dumps({"pairs": [told | {"answer": f"{int(number) + 3}40 liters of diesel oil."}]})


class Scripted:
    """A `WriterApart` that loads no model and replies with `write`."""

    write: Callable[[Prompt], str] = staticmethod(well)
    asked: list[Prompt] = []  # noqa: RUF012 emptied by the fixture
    rooms: list[int | None] = []  # noqa: RUF012 likewise

    def __init__(self, _path: Path, *, sequences: int, context_tokens: int | None = None) -> None:
        self.rooms.append(context_tokens and context_tokens // sequences)

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *_raised: object) -> None:
        pass

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        for index, prompt in enumerate(prompts):
            self.asked.append(prompt)
            yield Completion(index=index, text=type(self).write(prompt), token_count=1, is_complete=True)


class NoDetector:
    def detect(self, texts: Sequence[str]) -> list[list[Any]]:
        return [[] for _ in texts]


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch, waiting_jobs: None) -> None:
    Scripted.asked.clear()
    Scripted.rooms.clear()
    monkeypatch.setattr(Scripted, "write", staticmethod(well))
    monkeypatch.setattr("core.models.engine.apart.WriterApart", Scripted)
    monkeypatch.setattr("core.models.unpacked.batch_gguf", lambda path, cache, **_: path)
    monkeypatch.setattr("core.models.llama.token_counter", lambda path: lambda text: len(text.split()))
    monkeypatch.setattr("core.services.questions.measures.Tools", partial(Tools, parse=None))
    monkeypatch.setattr("core.services.questions.measures._detector", lambda *_: NoDetector())
    monkeypatch.setattr("core.services.questions.writing.texts.open_detector", lambda *_given, **_named: NoDetector())


def reply(monkeypatch: pytest.MonkeyPatch, write: Callable[[Prompt], str]) -> None:
    monkeypatch.setattr(Scripted, "write", staticmethod(write))


@pytest.fixture
def pumps_home(tmp_path: Path) -> Path:
    """A workspace with one project of one approved document, closed."""
    home = tmp_path / "home"
    with opened(home) as workspace:
        project = workspace.create_project("a", policy="all-at-once")
        put_document(workspace, project, [sentences(number) for number in range(PASSAGES)])
        approve_all_unread(workspace, project, by=ADA)
    return home


@pytest.fixture
def here(pumps_home: Path) -> Iterator[Workspace]:
    with opened(pumps_home) as workspace:
        yield workspace


def only_project(workspace: Workspace) -> Project:
    return find(workspace.db, Project)[0]


def submitted(workspace: Workspace, *, passage_ids: Sequence[str] = (), **settings: Any) -> str:
    values = {"writer": "several", "unanswerable_share": 0.0, "per_passage": 2} | settings
    params = generation.Params(
        settings=GenerationSettings(**values).in_full(), filters=FilterSettings().in_full(), passage_ids=tuple(passage_ids)
    )
    return jobs.submit(workspace, params, project_id=only_project(workspace).id).id


def ended(workspace: Workspace, *, passage_ids: Sequence[str] = (), **settings: Any) -> Job:
    return worker.run_job(workspace, submitted(workspace, passage_ids=passage_ids, **settings))
