"""Embeddings of questions, by the embedded network."""

import numpy as np
import pytest

from core.embedded import embedded_folder
from core.errors import SetupError
from core.models.embedder import DIMENSIONS, EMBEDDING_MODEL, TOKENIZER, open_embedder


@pytest.fixture(scope="module")
def embed():
    folder = embedded_folder()
    embedder = open_embedder(folder / EMBEDDING_MODEL / "model.onnx", folder / TOKENIZER / "tokenizer.json", threads=1)

    def rows(*texts):
        found = [np.frombuffer(one, dtype=np.int8).astype(np.float64) for one in embedder.embed(texts)]
        return np.stack([row / np.linalg.norm(row) for row in found])

    return rows


@pytest.mark.model
def test_what_means_the_same_is_more_alike_than_what_does_not(embed):
    asked, turned, other = embed(
        "How often must the relief valve be tested?",
        "At what interval is the relief valve to be tested?",
        "Who signs for the keys of the armory?",
    )
    assert asked @ turned > 0.8 > 0.3 > asked @ other


@pytest.mark.model
def test_a_text_has_the_same_embedding_alone_and_among_others(embed):
    texts = ["Why?", "What does the commander provide to the staff? " * 40, "How often is it tested?"]
    together, alone = embed(*texts), np.concatenate([embed(text) for text in texts])
    assert together.shape == (3, DIMENSIONS)
    assert ((together * alone).sum(axis=1) > 0.99).all()


def test_a_missing_network_is_said(tmp_path):
    with pytest.raises(SetupError, match="missing"):
        open_embedder(tmp_path / "model.onnx", tmp_path / "tokenizer.json")


@pytest.mark.model
def test_a_damaged_network_is_said(tmp_path):
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_text("damaged")
    with pytest.raises(SetupError, match="cannot be loaded"):
        open_embedder(tmp_path / "model.onnx", tmp_path / "tokenizer.json")
