"""The text that a pair is trained on, as the embedded model reads it."""

from dataclasses import replace

import pytest

from core.errors import SetupError
from core.records import Turn
from core.services.questions.training_text import training_text_of

pytestmark = pytest.mark.model

MODEL = "smollm2-135m-instruct"


def test_the_answer_alone_is_learned(workspace, learned):
    pair = replace(learned.pairs[0], system="Be brief.", history=(Turn(input="Is it new?", output="It is old."),))
    text = training_text_of(workspace, pair, model=MODEL)
    taught = "".join(piece.text for piece in text.pieces if piece.is_learned)
    assert taught.startswith(pair.output) and taught.endswith("<|im_end|>")
    read = "".join(piece.text for piece in text.pieces if not piece.is_learned)
    assert all(words in read for words in ("Be brief.", "Is it new?", "It is old.", pair.input))
    assert 0 < text.learned_count < text.token_count


def test_a_model_that_is_not_here_is_named(workspace, learned):
    with pytest.raises(SetupError, match="nobody-has-this"):
        training_text_of(workspace, learned.pairs[0], model="nobody-has-this")
