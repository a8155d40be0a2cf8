"""A series of two answerers on allowed hosts, which nobody reaches: who answers is a model that looks its answers up."""

import json
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from core import jobs
from core.chat import Message
from core.errors import InputError
from core.jobs import worker
from core.models.text import Pace
from core.records import Job, Project, Series
from core.services.chat.series.answerers import Chosen
from core.services.chat.series.job import Params, Result
from core.services.chat.series.stored import series_named
from core.storage import Workspace

QUESTIONS = {
    "What holds the winch?": "Four steel bolts.",
    "How much does it hold?": "12 tonnes.",
    "Who may use it?": "Trained operators.",
}


class Reciter:
    """A ChatModel that knows some answers and gives `other` to all else; it keeps what it was asked."""

    backend = "recited"

    def __init__(self, known: Mapping[str, str], other: str = "No idea at all.") -> None:
        self.known, self.other, self.asked, self.is_complete = known, other, list[str](), True

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        question = messages[-1].content
        self.asked.append(question)
        if question == "too long":
            raise InputError("The conversation has 9 tokens; this model reads 8.", "Shorten the message.")
        yield self.known.get(question, self.other)
        return Pace(read_count=9, cached_count=0, token_count=4, tokens_per_second=8.0, is_complete=self.is_complete)

    def close(self) -> None:
        pass


def allow_hosts(workspace: Workspace, *names: str) -> None:
    """Let an administrator allow these, each as a model of its own."""
    path = workspace.home / "engine.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = (f'[hosts.{name}]\naddress = "https://models.site/v1"\nmodel = "m"\n' for name in names)
    path.write_text("\n".join(entries), encoding="utf-8")
    path.chmod(0o600)


def write_questions(folder: Path, rows: Mapping[str, str] = QUESTIONS) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps({"input": q, "output": a}) + "\n" for q, a in rows.items()), encoding="utf-8")
    return path


def params_for(path: Path | None, *names: str) -> Params:
    return Params(answerers=tuple(Chosen(answerer=name) for name in names), questions=str(path) if path else "")


def answered(workspace: Workspace, project: Project, params: Params) -> Series:
    """Have a series answered in this process; jobs are left waiting by `waiting_jobs`."""
    job = jobs.submit(workspace, params, project_id=project.id)
    done: Job = worker.run_job(workspace, job.id)
    assert done.state == "done", done
    return series_named(workspace, project, Result.of(done).series_id)
