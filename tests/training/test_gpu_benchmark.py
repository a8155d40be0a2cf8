"""The benchmark for a GPU works: shown on a processor, with a shape whose figures mean nothing."""

import pytest

from tests.benchmarks import gpu_training

pytestmark = pytest.mark.model


@pytest.mark.parametrize("precision", gpu_training.PRECISIONS)
@pytest.mark.parametrize("case", [gpu_training.garrison, gpu_training.trainer])
def test_each_case_trains_the_tiny_shape(case, precision):
    assert case(precision=precision, shape="tiny", steps=2).figures["tokens_per_s"] > 0


def test_rows_are_within_their_length_and_differ_in_it():
    lengths = {len(row.tokens) for row in gpu_training._rows("7b")}
    assert max(lengths) <= 2048 and len(lengths) > 20
    assert all(0 < row.answer_start < len(row.tokens) for row in gpu_training._rows("tiny"))


def test_without_a_gpu_the_large_shape_is_refused(capsys):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert gpu_training.main([]) == 1
    assert "tiny" in capsys.readouterr().err
