"""A run and its base evaluated by llama.cpp, many at once, and by transformers: the same answers, the same losses."""

import pytest

from core.errors import InputError
from core.services.training import answering
from core.services.training.answering import Side, Sides, Subject, answer, by_llama, by_transformers
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
    return Subject(path=tiny, format="safetensors", folder=folder, template=CHATML, precision="fp32", cache=folder / "cache")


def test_llama_gives_the_losses_and_answers_of_transformers(subject, rows):
    steps: dict[str, list[int]] = {"llama": [], "transformers": []}
    ours, theirs = Sides(), Sides()
    assert by_llama(subject, rows, ours, steps["llama"].append)
    by_transformers(subject, rows, theirs, steps["transformers"].append)
    assert [sum(told) for told in steps.values()] == [4 * len(rows)] * 2
    for side, other in zip(ours.both(), theirs.both(), strict=True):
        assert side.losses == pytest.approx(other.losses, abs=0.002)
        assert side.answers == [text.replace(NO_TEXT, "").strip() for text in other.answers]
    base, tuned = ours.both()
    assert sum(tuned.losses) < 0.9 * sum(base.losses) and base.answers != tuned.answers


def test_a_large_model_is_in_memory_once_and_a_side_that_is_kept_is_not_made_again(subject, rows, monkeypatch, tmp_path):
    together, apart = Sides(), Sides(tmp_path, "questions")
    answer(subject, rows, together, lambda _: None)
    monkeypatch.setattr(answering, "MEMORY_SHARE", 0.0)
    answer(subject, rows, apart, lambda _: None)
    assert apart.both() == together.both()
    changed = Side(["kept"] * len(rows), [1.0] * len(rows))
    apart.put("base", changed)
    steps: list[int] = []
    assert answer(subject, rows, Sides(tmp_path, "questions"), steps.append) == (changed, together.both()[1])
    assert sum(steps) == 4 * len(rows)
    apart.remove_files()
    assert Sides(tmp_path, "questions").get("base") is None


def test_an_answer_longer_than_the_model_reads_is_measured_as_far_as_it_reads(subject, rows):
    long = {"input": "What color is crate 1?", "output": "Crate 1 is red. " * 100}
    base, tuned = answer(subject, [rows[0], long], Sides(), lambda _: None)
    assert all(0 < loss < 20 for loss in (*base.losses, *tuned.losses))


def test_a_question_longer_than_the_model_reads_is_refused(subject):
    long = {"input": "What color is crate 1? " * 100, "output": "Red."}
    with pytest.raises(InputError, match="Question 1 has .* tokens; this model reads 256"):
        answer(subject, [long], Sides(), lambda _: None)
