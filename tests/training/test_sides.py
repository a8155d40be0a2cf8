"""A run and its base evaluated by llama.cpp, many at once, and by transformers: the same answers, the same losses."""

import pytest

from core.evaluation.open_book import Source
from core.services.training import answering
from core.services.training.answering import Asked, Side, Sides, Subject, answer, by_llama, by_transformers
from core.training import train
from tests.training.conftest import CHATML

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]
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


@pytest.fixture
def asked(rows):
    """Questions alone, then the same with a passage, two to each."""
    passages = [Source(text=f"Crates {number // 2} stand in hall {number % 4}. " * 3) for number in range(0, len(rows), 2)]
    return [
        *(Asked(row=row) for row in rows),
        *(Asked(row=row, source=passages[number // 2]) for number, row in enumerate(rows)),
    ]


@pytest.fixture
def texts():
    return [answering.read_only(text) for text in ("Crate 1 stands in hall 2.", "The rope is long. " * 200)]


def test_llama_gives_the_losses_and_answers_of_transformers(subject, rows, asked):
    steps: dict[str, list[int]] = {"llama": [], "transformers": []}
    ours, theirs = Sides(), Sides()
    assert by_llama(subject, asked, ours, steps["llama"].append)
    by_transformers(subject, asked, theirs, steps["transformers"].append)
    assert [sum(told) for told in steps.values()] == [4 * len(asked)] * 2
    for side, other in zip(ours.both(), theirs.both(), strict=True):
        assert side.losses == pytest.approx(other.losses, abs=0.002)
        expected = [text.replace(NO_TEXT, "").strip() for text in other.answers]
        same = sum(mine == wanted for mine, wanted in zip(side.answers, expected, strict=True))
        assert side.answers[: len(rows)] == expected[: len(rows)]
        assert same >= 0.9 * len(asked)  # a random model's likeliest tokens are close: rounding turns a late one at times
    base, tuned = ours.both()
    assert sum(tuned.losses) < 0.9 * sum(base.losses) and base.answers != tuned.answers


def test_a_large_model_is_in_memory_once_and_a_side_that_is_kept_is_not_made_again(subject, asked, monkeypatch, tmp_path):
    together, apart = Sides(), Sides(tmp_path, "questions")
    answer(subject, asked, together, lambda _: None)
    monkeypatch.setattr(answering, "MEMORY_SHARE", 0.0)
    answer(subject, asked, apart, lambda _: None)
    assert apart.both() == together.both()
    changed = Side(["kept"] * len(asked), [1.0] * len(asked))
    apart.put("base", changed)
    steps: list[int] = []
    assert answer(subject, asked, Sides(tmp_path, "questions"), steps.append) == (changed, together.both()[1])
    assert sum(steps) == 4 * len(asked)
    apart.remove_files()
    assert Sides(tmp_path, "questions").get("base") is None


def test_texts_are_read_alone_without_a_template_as_far_as_the_model_reads(subject, rows, texts):
    from core.models.causal import load_adapter, load_causal
    from core.models.conversation import encode_texts
    from core.models.losses import mean_losses
    from core.run_folder import RunFolder

    model = load_adapter(
        load_causal(subject.path, subject.format, template=subject.template), RunFolder(subject.folder).adapter
    )
    pieces = [encode_texts(model.vocabulary, [each.row["output"]], longest=model.context_tokens)[0] for each in texts]
    assert [len(piece.tokens) == model.context_tokens for piece in pieces] == [False, True]
    expected = mean_losses(model, pieces)
    for way in (by_llama, by_transformers):
        steps: list[int] = []
        sides = Sides()
        way(subject, [Asked(row=rows[0], max_tokens=3), *texts], sides, steps.append)
        base, tuned = sides.both()
        assert tuned.losses[1:] == pytest.approx(expected, abs=0.002) and base.losses[1:] != tuned.losses[1:]
        assert sum(steps) == 4 * 3


def test_an_answer_longer_than_the_model_reads_is_measured_as_far_as_it_reads(subject, rows):
    long = {"input": "What color is crate 1?", "output": "Crate 1 is red. " * 100}
    base, tuned = answer(subject, [Asked(row=rows[0]), Asked(row=long)], Sides(), lambda _: None)
    assert all(0 < loss < 20 for loss in (*base.losses, *tuned.losses))


@pytest.mark.parametrize("way", [by_llama, by_transformers])
def test_a_question_longer_than_the_model_reads_is_left_out_and_the_rest_answered(subject, rows, way):
    long = {"input": "What color is crate 1? " * 100, "output": "Red."}
    source = Source(text="Crate 1 is red. " * 100)
    asked = [Asked(row=long), Asked(row=rows[0]), Asked(row=long, source=source), Asked(row=rows[0], source=source)]
    steps: list[int] = []
    sides = Sides()
    way(subject, asked, sides, steps.append)
    for side in sides.both():
        assert [loss is None for loss in side.losses] == [text is None for text in side.answers] == [True, False] * 2
    assert sum(steps) == 4 * len(asked)


def test_a_passage_is_cut_until_question_and_answer_fit(subject, rows):
    from core.models.causal import load_causal

    model = load_causal(subject.path, subject.format, template=subject.template)
    source = Source(text="Nothing is said here. " * 60 + "Crate 1 is red. " + "Nor here. " * 60, quote="Crate 1 is red.")
    alone, (fitted,) = (
        answering.fitting_rows(model.vocabulary, model.template, [asked], readable=model.context_tokens)
        for asked in (Asked(row=rows[0]), Asked(row=rows[0], source=source))
    )
    assert alone[0] and fitted
    assert len(fitted.encoded.tokens) <= model.context_tokens - answering.MAX_ANSWER_TOKENS + 20
    assert "Crate 1 is red." in fitted.row["input"] and fitted.row["input"].endswith(f"\n\n{rows[0]['input']}")
    assert len(fitted.encoded.tokens) > 2 * len(alone[0].encoded.tokens)


def test_the_same_question_is_asked_once_and_answered_at_each_place(subject, rows):
    base, _ = answer(subject, [Asked(row=rows[0]), Asked(row=rows[1]), Asked(row=rows[0])], Sides(), lambda _: None)
    assert base.answers[0] == base.answers[2] and base.losses[0] == base.losses[2]
