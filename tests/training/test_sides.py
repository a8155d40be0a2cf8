"""A run and its base evaluated by llama.cpp, many at once, and by transformers: the same answers, the same losses."""

import pytest

from core.errors import InputError
from core.jobs.stages import evaluation
from core.training import train
from tests.training.conftest import CHATML

pytestmark = pytest.mark.model
NO_TEXT = (
    "\ufffd"  # what transformers writes for bytes that are no text, of which a random model writes many; we leave them out
)


@pytest.fixture(scope="module")
def subject(tiny, tmp_path_factory):
    from core.settings import TrainingSettings
    from tests.training.conftest import ROWS

    folder = tmp_path_factory.mktemp("run")
    settings = TrainingSettings.from_values(
        {"batch_size": 8, "lora_rank": 4, "lora_alpha": 8, "learning_rate": 1e-2, "max_steps": 24, "max_tokens": 96}
    )
    train(tiny, "safetensors", train_rows=ROWS, settings=settings, folder=folder)
    return evaluation._Subject(
        path=tiny, format="safetensors", folder=folder, template=CHATML, precision="fp32", cache=folder / "cache"
    )


def test_llama_gives_the_losses_and_answers_of_transformers(subject, rows):
    steps: dict[str, list[int]] = {"llama": [], "transformers": []}
    by_llama = evaluation._by_llama(subject, rows, steps["llama"].append)
    by_transformers = evaluation._by_transformers(subject, rows, steps["transformers"].append)
    assert [sum(told) for told in steps.values()] == [4 * len(rows)] * 2
    for ours, theirs in zip(by_llama, by_transformers, strict=True):
        assert ours.losses == pytest.approx(theirs.losses, abs=0.002)
        assert ours.answers == [answer.replace(NO_TEXT, "").strip() for answer in theirs.answers]
    base, tuned = by_llama
    assert sum(tuned.losses) < 0.9 * sum(base.losses) and base.answers != tuned.answers


def test_an_answer_longer_than_the_model_reads_is_measured_as_far_as_it_reads(subject, rows):
    long = {"input": "What color is crate 1?", "output": "Crate 1 is red. " * 100}
    base, tuned = evaluation._by_llama(subject, [rows[0], long], lambda _: None)
    assert all(0 < loss < 20 for loss in (*base.losses, *tuned.losses))


def test_a_question_longer_than_the_model_reads_is_refused(subject):
    long = {"input": "What color is crate 1? " * 100, "output": "Red."}
    with pytest.raises(InputError, match="Question 1 has .* tokens; this model reads 256"):
        evaluation._by_llama(subject, [long], lambda _: None)
