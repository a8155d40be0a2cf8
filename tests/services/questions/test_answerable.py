"""A model asked the questions of a project: stored batch by batch, asked once, and only "answerable" drops."""

from dataclasses import replace

import pytest

from core.errors import JobCancelled
from core.jobs.context import JobContext
from core.models.text import Completion
from core.questions.filters.measuring import Tools
from core.records import Job, QuestionPair, new_id, now
from core.services.questions import answerable, measures
from core.services.questions.answerable import measure_answerable
from core.services.questions.filtering import filter_again, measured_of
from core.settings import FilterSettings
from core.storage import find, insert, insert_many
from core.storage.pair_measures import stored_measures


class Answering:
    """Answers with the passage what it is told, and never knows anything without."""

    def __init__(self, *, stop_after=None, job=None):
        self.asked = []

    def generate(self, prompts, *, prefix=""):
        for index, prompt in enumerate(prompts):
            is_open = prompt.text.startswith("Text:")
            self.asked += [prompt.text] if is_open else []
            text = "12 tonnes" if is_open and "winch 3" not in prompt.text else "nothing"
            yield Completion(index=index, text=text, token_count=2, is_complete=True)


@pytest.fixture(autouse=True)
def without_a_parser(monkeypatch):
    monkeypatch.setattr(measures, "Tools", lambda **_: Tools(parse=None))
    monkeypatch.setattr(answerable, "AT_ONCE", 2)


@pytest.fixture
def context(workspace, learned):
    base = replace(learned.pairs[0], state="kept", reason="", decided=None, output="12 tonnes", origin="generated")
    workspace.db.execute("delete from pairs")
    names = ("winch 1", "winch 2", "winch 3", "winch 4", "winch 5")
    insert_many(workspace.db, [replace(base, id=name, input=f"How much does {name} hold?") for name in names])
    job = Job(id=new_id("job"), kind="filter", project_id=learned.project.id, state="running", created_at=now())
    insert(workspace.db, job)
    return JobContext(workspace, job)


def test_each_pair_is_asked_once_and_only_what_is_answered_otherwise_is_dropped(context, workspace, learned):
    generator = Answering()
    assert measure_answerable(context, learned.project, model="", generator=generator) == 5
    assert measure_answerable(context, learned.project, model="", generator=generator) == 0
    assert len(generator.asked) == 5
    filter_again(workspace, learned.project, FilterSettings(off=("ungrounded",)))
    reasons = {pair.id: pair.reason for pair in find(workspace.db, QuestionPair)}
    assert [name for name, reason in reasons.items() if reason == "not answerable"] == ["winch 3"]
    measured = measured_of(workspace, learned.project, FilterSettings())
    assert (measured.asked, measured.answerable, measured.known) == (5, 4, 0)


def test_what_was_asked_before_a_stop_is_not_asked_again(context, workspace, learned):
    class Cancelled(Answering):
        def generate(self, prompts, *, prefix=""):
            if len(self.asked) == 2 and prompts[0].text.startswith("Text:"):
                raise JobCancelled("stopped")
            yield from super().generate(prompts, prefix=prefix)

    stopped = Cancelled()
    with pytest.raises(JobCancelled):
        measure_answerable(context, learned.project, model="", generator=stopped)
    answered = [each for each in stored_measures(workspace, learned.project.id).values() if each.with_passage is not None]
    assert len(answered) == 2
    rest = Answering()
    assert measure_answerable(context, learned.project, model="", generator=rest) == 3
    assert not set(rest.asked) & set(stopped.asked)
