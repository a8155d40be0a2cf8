"""A file tried as itself: what it answers and holds likely is held against the run, and only the chosen file stays."""

import sys
from pathlib import Path

import pytest

from core.errors import SetupError
from core.models import gguf_file
from core.models.conversation import encode_rows
from core.models.llama import load_vocabulary
from core.models.quantizations import QUANTIZATIONS
from core.models.releases.card import tried_row
from core.models.releases.likeness import compared, likelihoods
from core.models.releases.template_truth import check_gguf
from core.records import Run
from core.services.questions.datasets import HELDOUT
from core.services.releases.finishing import _each_quantization
from core.services.releases.trial import RunAnswers, Side, trial_questions, try_file
from core.storage import Workspace

EMBEDDED = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
ROWS = (
    {"input": "What is the capital of France?", "output": "Paris."},
    {"input": "What is 2 + 2?", "output": "4"},
)


@pytest.mark.model
@pytest.mark.usefixtures("warm_converters")
def test_a_file_is_like_itself_and_its_scores_are_those_of_its_answers() -> None:
    vocabulary = load_vocabulary(EMBEDDED)
    likely = likelihoods(EMBEDDED, encode_rows(vocabulary, vocabulary.template, ROWS))
    side = Side(["Paris.", "nothing of the kind"], [0.5, 1.5])
    by_run = RunAnswers(rows=ROWS, side=side, likely=likely)
    tried = try_file(EMBEDDED, "q4_1", by_run, most_tokens=2048, report=lambda: None)
    assert tried.divergence is not None and tried.divergence < 1e-4 and tried.agreement == 1.0
    assert (tried.questions, tried.run_score, tried.positions) == (2, 0.5, len(likely))
    assert tried.run_perplexity == pytest.approx(2.718, abs=0.001) and tried.perplexity is not None
    assert "0.0000 (100% the same word)" in tried_row(tried).values()
    others = encode_rows(vocabulary, vocabulary.template, [{**row, "input": "?"} for row in ROWS])
    assert compared(likely, likelihoods(EMBEDDED, others)).divergence > 0.01


@pytest.mark.model
@pytest.mark.usefixtures("warm_converters")
def test_a_run_that_the_engine_cannot_load_has_no_divergence() -> None:
    by_run = RunAnswers(rows=ROWS, side=Side([None, "4"], [None, 1.0]), likely=None)
    tried = try_file(EMBEDDED, "q4_1", by_run, most_tokens=2048, report=lambda: None)
    assert (tried.questions, tried.divergence, tried.positions) == (1, None, 0)
    assert "not measured" in tried_row(tried).values()


@pytest.mark.model
@pytest.mark.usefixtures("warm_converters")
@pytest.mark.parametrize("length", [0, 100, 2_000_000, 60_000_000])
def test_a_file_that_is_cut_short_is_not_exported(tmp_path: Path, length: int) -> None:
    vocabulary = load_vocabulary(EMBEDDED)
    (tmp_path / "model.gguf").write_bytes(EMBEDDED.read_bytes()[:length])
    with pytest.raises(SetupError):
        check_gguf(tmp_path / "model.gguf", vocabulary, vocabulary.template)


@pytest.mark.parametrize("chosen", QUANTIZATIONS)
def test_of_all_that_are_tried_only_the_chosen_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    def quantize(source: Path, target: Path, name: str, *, report: object) -> None:
        assert source.exists()
        target.write_text(name, encoding="utf-8")

    class Context:
        def progress(self, *_: object, **__: object) -> None:
            """Report to nobody."""

    monkeypatch.setattr(gguf_file, "quantize", quantize)
    (tmp_path / "model-f16.gguf").touch()
    tried = [name for name, file in _each_quantization(Context(), tmp_path, chosen) if file.exists()]  # type: ignore[arg-type]
    assert sorted(tried) == sorted(QUANTIZATIONS)
    assert [path.name for path in tmp_path.iterdir()] == [f"model-{chosen}.gguf"]


@pytest.mark.parametrize(("held_out", "asked"), [(0, 0), (1, 1), (20, 20), (300, 20)])
def test_up_to_twenty_questions_are_asked_each_once(workspace: Workspace, run: Run, held_out: int, asked: int) -> None:
    lines = [f'{{"input": "What is {number}?", "output": "A bolt."}}\n' for number in range(held_out)]
    (workspace.dataset_folder(run.project_id, run.dataset_id) / HELDOUT).write_text("".join(lines), encoding="utf-8")
    assert len({row["input"] for row in trial_questions(workspace, run)}) == asked
