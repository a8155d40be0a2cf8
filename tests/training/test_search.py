"""What a search tries, which trials it ends early, and that it goes on where it was killed."""

from pathlib import Path

import pytest

from core.settings import TrainingSettings
from core.training.search import LAYERS, RANKS, UNPRUNED_TRIALS, Search, Space, Trial, TrialRecord, best_of

BASE = TrainingSettings(learning_rate=1e-3, lora_rank=24, lora_alpha=48, epochs=10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "study.sqlite3"


def space(*, has_texts: bool = False, varies_epochs: bool = True) -> Space:
    return Space(base=BASE, has_texts=has_texts, varies_epochs=varies_epochs)


def tried(search: Search, losses: list[float]) -> list[TrainingSettings]:
    settings = []
    for loss in losses:
        trial = search.next()
        settings.append(trial.settings)
        trial.finish(loss, seconds=1.0)
    return settings


def test_the_first_trial_is_what_the_goal_derives_and_the_others_stay_in_the_space(file):
    settings = tried(Search(file, space()), [1.0, 0.9, 0.8, 0.7, 0.6, 0.5])
    assert settings[0] == BASE
    for each in settings:
        assert 2e-4 <= each.learning_rate <= 5e-3 and 5 <= each.epochs <= 10
        assert each.lora_rank in (*RANKS, 24) and each.lora_alpha == 2 * each.lora_rank
        assert each.layers in LAYERS and each.passage_share == 0
    assert len(set(settings)) == 6


def test_repetitions_and_passages_are_varied_only_where_told(file):
    settings = tried(Search(file, space(has_texts=True, varies_epochs=False)), [1.0] * 6)
    assert {each.epochs for each in settings} == {10}
    assert {each.passage_share for each in settings} > {0}


def test_passages_leave_room_for_the_largest_share_of_general_rows(file):
    base = BASE.model_copy(update={"general_share": 0.5})
    settings = tried(Search(file, Space(base=base, has_texts=True, varies_epochs=False)), [1.0] * 6)
    assert {each.passage_share for each in settings} <= {0, 0.125, 0.25}


def test_the_same_seed_tries_the_same_and_another_seed_other_settings(tmp_path):
    losses = [1.0, 0.9, 0.8, 0.7, 0.9]
    once, again, other = (
        tried(Search(tmp_path / f"{name}.sqlite3", space(), seed=seed), losses)
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert once == again and once[0] == other[0] and once[1:] != other[1:]


def test_an_interrupted_trial_is_taken_up_again_and_changes_nothing(tmp_path):
    losses = [1.0, 0.9, 0.8]
    expected = tried(Search(tmp_path / "whole.sqlite3", space()), losses)
    found = []
    for loss in losses:
        killed = Search(tmp_path / "killed.sqlite3", space())
        begun = killed.next()
        killed.close()
        search = Search(tmp_path / "killed.sqlite3", space())
        trial = search.next()
        assert (trial.number, trial.settings) == (begun.number, begun.settings)
        found.append(trial.settings)
        trial.finish(loss, seconds=1.0)
        search.close()
    assert found == expected


def quarters(trial: Trial, losses: list[float]) -> int:
    """Measure a trial of 8 steps at each of them; return at which it may end, 0 if at none."""
    return next((step for step in range(1, 9) if trial.is_behind(losses[min(step // 2, 3)], step=step, steps=8)), 0)


def test_a_trial_behind_the_median_ends_at_its_first_quarter_and_no_better_one_does(file):
    search = Search(file, space())
    for _ in range(UNPRUNED_TRIALS):
        trial = search.next()
        assert quarters(trial, [9.0, 2.0, 1.5, 1.2]) == 0  # whatever it is: nothing to compare with
        trial.finish(1.0, seconds=1.0)
    worse = search.next()
    assert quarters(worse, [0.0, 2.1, 1.0, 1.0]) == 2  # before its first quarter it is not looked at
    worse.end_early(seconds=1.0)
    better = search.next()
    assert quarters(better, [9.0, 1.9, 1.4, 1.1]) == 0
    better.finish(0.9, seconds=1.0)
    assert [trial.state for trial in search.trials()] == ["done"] * 3 + ["ended early", "done"]
    assert search.trials()[3].losses == {"1": 2.1} and search.trials()[3].loss is None


def test_what_came_of_trials_is_told_and_read_back(file):
    search = Search(file, space())
    search.next().finish(0.5, seconds=2.0)
    search.next().fail("The training came apart.", seconds=1.0)
    search.next()
    told = search.trials()
    assert [(trial.number, trial.state, trial.seconds) for trial in told] == [
        (1, "done", 2.0), (2, "failed", 1.0), (3, "running", 0.0),
    ]  # fmt: skip
    assert told[1].error == "The training came apart." and told[0].chosen["lora_rank"] == 24
    assert [TrialRecord.from_json(trial.as_json()) for trial in told] == told


def test_the_best_is_the_lowest_of_those_that_came_to_their_end():
    def record(number: int, **more) -> TrialRecord:
        return TrialRecord(**{"number": number, "state": "done", "chosen": {}} | more)

    early = record(3, state="ended early", losses={"1": 0.1})
    assert best_of([record(1, loss=0.5), record(2, loss=0.4), early]) == record(2, loss=0.4)
    assert best_of([record(1, loss=0.4), record(2, loss=0.4)]) == record(1, loss=0.4)
    assert best_of([early]) is None
