"""Settings that a search found, kept as a goal of the project's own and trained with."""

import json

import pytest

from core.errors import InputError
from core.records import Job, OwnGoal, now
from core.services.training.fit import settings_here
from core.services.training.runs import find_trainable
from core.services.training.search.measuring import LEAST_FACTS, parted
from core.services.training.search.own_goals import keep_best, own_goals, remove_goal
from core.services.training.search.progress import FILE, SearchProgress
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.storage import find, insert
from core.training.fit import Amount
from core.training.search import TrialRecord

AMOUNT = Amount(pairs=30, facts=10, characters=3000)


@pytest.fixture
def searched(workspace, learned) -> None:
    """A search that found a learning rate of 5e-4 and a rank of 64."""
    job = Job(id="job-search", kind="search", project_id=learned.project.id, state="done", created_at=now())
    insert(workspace.db, job)
    best = TrialRecord(number=1, state="done", chosen={"learning_rate": 5e-4, "lora_rank": 64, "layers": "mlp"}, loss=0.5)
    told = SearchProgress(
        model=EMBEDDED_MODEL,
        base=TrainingSettings(goal="heart", epochs=4, max_steps=9),
        full_epochs=30,
        by="wordings",
        trials=(best,),
    )
    told.write(workspace.search_folder(learned.project.id, job.id))


def test_a_kept_goal_gives_its_settings_with_what_is_changed(workspace, learned, searched):
    own = keep_best(workspace, learned.project, "  Our   manuals ")
    assert own.name == "Our manuals" and own_goals(workspace, learned.project) == [own]
    assert own_goals(workspace, learned.project, model="another") == []
    model = find_trainable(workspace, EMBEDDED_MODEL)
    derived = settings_here(workspace, learned.project, model, amount=AMOUNT, goal="our manuals", changes={"seed": 3})
    settings = derived.settings
    assert (settings.goal, settings.epochs, settings.learning_rate, settings.seed) == ("heart", 30, 5e-4, 3)
    assert (settings.lora_rank, settings.lora_alpha, settings.layers, settings.max_steps) == (64, 128, "mlp", 0)
    assert "search" in derived.reasons["learning_rate"] and "seed" not in derived.reasons
    short = settings_here(workspace, learned.project, model, amount=AMOUNT, goal="Our manuals", minutes=0.1)
    assert short.settings.epochs < 30 and "in place of 30" in short.reasons["epochs"]
    remove_goal(workspace, learned.project, "Our manuals")
    with pytest.raises(InputError, match="no goal"):
        settings_here(workspace, learned.project, model, amount=AMOUNT, goal="Our manuals")


def test_a_goal_found_with_one_model_is_not_for_another(workspace, learned):
    insert(
        workspace.db,
        OwnGoal(id="g", project_id=learned.project.id, name="Large", model="large", settings={}, created_at=now()),
    )
    model = find_trainable(workspace, EMBEDDED_MODEL)
    with pytest.raises(InputError, match="was found with the model large"):
        settings_here(workspace, learned.project, model, amount=AMOUNT, goal="large")


@pytest.mark.parametrize("name", ["", "  ", "a" * 41, "Facts", "a\x1bb"])
def test_a_name_that_cannot_be_used_is_refused(workspace, learned, searched, name):
    with pytest.raises(InputError, match="name|every project"):
        keep_best(workspace, learned.project, name)
    assert find(workspace.db, OwnGoal) == []


def test_a_name_is_given_once_whatever_its_capitals_and_forty_characters_are_a_name(workspace, learned, searched):
    keep_best(workspace, learned.project, "a" * 40)
    with pytest.raises(InputError, match="already"):
        keep_best(workspace, learned.project, "A" * 40)
    with pytest.raises(InputError, match="no goal nothing"):
        remove_goal(workspace, learned.project, "nothing")


def test_without_a_search_there_is_nothing_to_keep(workspace, learned):
    with pytest.raises(InputError, match="no search"):
        keep_best(workspace, learned.project, "Ours")


def test_what_was_found_is_read_as_it_was_stored(workspace, learned, searched):
    path = workspace.search_folder(learned.project.id, "job-search") / FILE
    told = json.loads(path.read_text())
    again = SearchProgress.from_json(told)
    assert again.best and again.best.chosen == told["trials"][0]["chosen"]


def rows(facts: int, *, wordings: int = 2) -> list[dict[str, str]]:
    return [{"input": f"{way} {fact}", "fact": str(fact)} for fact in range(facts) for way in range(wordings)]


def test_wordings_are_set_apart_where_there_are_enough_facts_with_several():
    enough = parted(rows(LEAST_FACTS), [], is_style=False, seed=0)
    assert enough.by == "wordings" and len(enough.measured) == LEAST_FACTS == len(enough.learned)
    many = parted(rows(100, wordings=4), [], is_style=False, seed=0)
    assert (len(many.measured), len(many.learned)) == (25, 375)
    assert parted(rows(100), [], is_style=False, seed=0) == parted(rows(100), [], is_style=False, seed=0)
    assert parted(rows(100), [], is_style=False, seed=0) != parted(rows(100), [], is_style=False, seed=1)


@pytest.mark.parametrize(
    ("given", "is_style"), [(rows(LEAST_FACTS - 1), False), (rows(50, wordings=1), False), (rows(50), True)]
)
def test_else_held_out_questions_measure_if_there_are_any(given, is_style):
    held_out = [{"input": "Who?"}]
    by_held_out = parted(given, held_out, is_style=is_style, seed=0)
    assert by_held_out.by == "heldout" and list(by_held_out.learned) == given and list(by_held_out.measured) == held_out
    with pytest.raises(InputError, match="no questions to measure"):
        parted(given, [], is_style=is_style, seed=0)
