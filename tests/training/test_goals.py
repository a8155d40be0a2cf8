"""What follows from a goal for these pairs, this model and this machine."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.records import Model
from core.training.fit import START_S, Amount
from core.training.goals import AIMS, FEWEST_SHOWN, Situation, derive

SMALL = Model(name="m", path="/m/Small.Q4_1.gguf", format="gguf", size_bytes=98_362_432, sha256="")
LARGE = Model(name="l", path="/l/folder", format="safetensors", size_bytes=14_000_000_000, sha256="")
HERE = Situation(
    model=SMALL,
    amount=Amount(pairs=943, facts=210, characters=943 * 120),
    tokens_per_s=0.0,
    free_memory_bytes=16e9,
    free_disk_bytes=1e12,
)


@pytest.mark.parametrize("goal", AIMS)
def test_every_derived_value_has_its_reason(goal):
    derived = derive(goal, HERE)
    assert derived.settings.goal == goal
    assert {"epochs", "lora_rank", "learning_rate", "precision"} <= derived.reasons.keys()
    assert all(reason.endswith(".") for reason in derived.reasons.values())


def test_goals_that_learn_facts_keep_what_the_model_knew():
    for goal in ("facts", "heart"):
        settings = derive(goal, HERE).settings
        assert (settings.general_share, settings.general_weight) == (0.125, 0.3)
    assert derive("quick", HERE).settings.general_share == 0


@pytest.mark.parametrize("changes", [{"method": "full"}, {"objective": "dpo"}, {"general_share": 0.0}])
def test_what_leaves_no_place_for_everyday_questions_goes_without(changes):
    assert derive("facts", HERE, changes).settings.general_share == 0


def test_more_thorough_goals_show_each_fact_more_often():
    assert derive("style", HERE).settings.epochs < derive("quick", HERE).settings.epochs
    assert derive("facts", HERE).settings.epochs < derive("heart", HERE).settings.epochs


def test_less_time_shows_each_fact_fewer_times_but_never_less_than_twice():
    whole = HERE.fit(derive("heart", HERE).settings).duration_s / 60
    in_time = derive("heart", replace(HERE, minutes=whole / 2))
    assert HERE.fit(in_time.settings).duration_s / 60 == pytest.approx(whole / 2, rel=0.02)
    assert "in place of 30" in in_time.reasons["epochs"]
    assert derive("heart", replace(HERE, minutes=0.1)).settings.epochs == FEWEST_SHOWN
    assert derive("heart", replace(HERE, minutes=2 * whole)).settings.epochs == 30


def test_a_larger_model_learns_with_smaller_steps():
    large = derive("facts", replace(HERE, model=LARGE, free_memory_bytes=1e12))
    # ten times the rate of full training: 2e-4 to 3e-4 at 7 B ("LoRA without regret")
    assert 1e-4 < large.settings.learning_rate < 4e-4
    assert derive("facts", HERE).settings.learning_rate == 1e-3


def test_many_facts_get_a_larger_adapter():
    many = replace(HERE, amount=Amount(pairs=20_000, facts=4_000, characters=20_000 * 120))
    assert derive("facts", many).settings.lora_rank > derive("facts", HERE).settings.lora_rank
    assert derive("facts", replace(many, model=LARGE, free_memory_bytes=1e12)).settings.lora_rank == AIMS["facts"].least_rank


@pytest.mark.parametrize(("free", "precision"), [(1e12, "fp32"), (30e9, "bf16"), (19e9, "8bit"), (1e9, "4bit")])
def test_the_most_exact_numbers_that_fit_are_taken(free, precision):
    here = replace(HERE, model=LARGE, free_memory_bytes=free)
    assert derive("quick", here, {"batch_size": 1}).settings.precision == precision


def test_what_a_person_changed_is_kept_and_needs_no_reason():
    derived = derive("facts", replace(HERE, minutes=1), {"epochs": "4", "precision": "bf16", "lora_rank": 4})
    assert (derived.settings.epochs, derived.settings.precision, derived.settings.lora_rank) == (4, "bf16", 4)
    assert not {"epochs", "precision", "lora_rank"} & derived.reasons.keys()


def test_an_unknown_goal_is_refused():
    with pytest.raises(InputError, match="goal"):
        derive("thorough", HERE)


def test_all_weights_learn_at_a_tenth_of_the_rate_and_small_models_are_warned_about():
    whole, adapter = derive("facts", HERE, {"method": "full"}), derive("facts", HERE)
    assert whole.settings.learning_rate == pytest.approx(adapter.settings.learning_rate / 10)
    assert whole.settings.precision == "fp32" and "lora_rank" not in whole.reasons
    assert "harm" in whole.warning and not adapter.warning
    assert not derive("facts", replace(HERE, model=LARGE, free_memory_bytes=1e12), {"method": "full"}).warning
    short = derive("facts", replace(HERE, model=LARGE, free_memory_bytes=1e9), {"method": "full"})
    assert short.settings.precision == "fp32"  # weights of fewer bits cannot learn


def test_preferences_are_learned_in_few_small_steps_on_two_answers_each():
    here = replace(HERE, preferences=40)
    derived, answers = derive("heart", here, {"objective": "dpo"}), derive("heart", here)
    assert derived.settings.learning_rate == pytest.approx(answers.settings.learning_rate / 20)
    assert (derived.settings.epochs, answers.settings.epochs) == (3, 30)
    assert "40 questions with two answers" in derived.reasons["epochs"]
    few, many = (replace(HERE, preferences=count).fit(derived.settings).duration_s for count in (40, 80))
    assert many - START_S == pytest.approx(2 * (few - START_S))
    with pytest.raises(InputError, match="preferred answers alone"):
        derive("facts", here, {"objective": "dpo", "passage_share": 0.2})


GPUS = replace(HERE, model=LARGE, free_memory_bytes=1e12, gpu_bytes=(24e9, 24e9))


def test_weights_that_do_not_fit_on_one_gpu_are_divided_among_all():
    derived = derive("quick", GPUS)
    chosen = derived.settings
    assert (chosen.weights, chosen.processes, chosen.precision) == ("divided", 2, "bf16")
    assert derived.reasons["weights"].startswith("The weights are divided among 2 GPUs: ")
    assert derived.reasons["processes"] == "One for each GPU."
    fit = GPUS.fit(chosen)
    assert fit.process_bytes < 0.9 * 24e9 < GPUS.fit(chosen.model_copy(update={"weights": "whole"})).process_bytes
    assert "The weights are divided among 2 GPUs; each needs about" in fit.basis


@pytest.mark.parametrize("situation", [replace(GPUS, model=SMALL), replace(GPUS, gpu_bytes=(8e9, 8e9)), HERE])
def test_weights_stay_whole_where_they_fit_on_one_gpu_or_not_even_on_all(situation):
    derived = derive("quick", situation)
    assert (derived.settings.weights, derived.settings.processes) == ("whole", 1)
    assert "weights" not in derived.reasons


@pytest.mark.parametrize("changes", [{"weights": "whole"}, {"processes": 1}, {"precision": "4bit"}, {"method": "full"}])
def test_weights_are_not_divided_against_what_a_person_chose(changes):
    assert derive("quick", GPUS, changes).settings.weights == "whole"
