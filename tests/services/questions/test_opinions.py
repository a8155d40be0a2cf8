"""A model asked the questions of a project: stored batch by batch, asked once, and only "answerable" drops."""

from dataclasses import replace

import pytest

from core.errors import JobCancelled
from core.jobs.context import JobContext
from core.models.text import Completion
from core.questions.filters.measuring import Tools
from core.records import Job, QuestionPair, new_id, now
from core.services.questions import measures, opinions
from core.services.questions.curation import drop, keep
from core.services.questions.filtering import filter_again, measured_of
from core.services.questions.opinions import calibration_of, doubtful_pairs, measure_answerable, measure_judged
from core.settings import FilterSettings
from core.storage import find, insert, insert_many
from core.storage.pair_measures import stored_measures


class Answering:
    """Answers with the passage what it is told, and never knows anything without."""

    def __init__(self):
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
    monkeypatch.setattr(opinions, "AT_ONCE", 2)


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
    filter_again(workspace, learned.project, FilterSettings(on=("not answerable",), off=("ungrounded",)))
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


class Judging:
    """Grades a pair by its number: 1 for those that hold an odd one."""

    def generate(self, prompts, *, prefix=""):
        for index, prompt in enumerate(prompts):
            number = int(prompt.text.split("does winch ")[1].split()[0])
            text = '{"grade": "1"}' if number % 2 else '{"grade": "5"}'
            yield Completion(index=index, text=text if number != 40 else "{", token_count=5, is_complete=True)


def test_judge_is_held_against_people_and_drops_nothing(context, workspace, learned):
    pair = find(workspace.db, QuestionPair)[0]
    names = [f"winch {number}" for number in range(6, 41)]
    insert_many(workspace.db, [replace(pair, id=name, input=f"How much does {name} hold?") for name in names])
    assert measure_judged(context, learned.project, model="", generator=Judging()) == 40
    assert measure_judged(context, learned.project, model="", generator=Judging()) == 1  # the one that could not be read
    assert not calibration_of(workspace, learned.project).is_useful and doubtful_pairs(workspace, learned.project) == []
    keep(workspace, learned.project.id, [f"winch {number}" for number in range(2, 25, 2)])
    drop(workspace, learned.project.id, [f"winch {number}" for number in range(1, 25, 2)])
    found = calibration_of(workspace, learned.project)
    assert (found.kept, found.dropped, found.threshold, found.agreement) == (12, 12, 1.0, 1.0)
    doubted = doubtful_pairs(workspace, learned.project)
    assert {each.id for each in doubted} == {f"winch {number}" for number in range(25, 40, 2)}
    filter_again(workspace, learned.project, FilterSettings(off=("ungrounded",)))
    assert all(each.state == "kept" for each in find(workspace.db, QuestionPair, decided=None))
