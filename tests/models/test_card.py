"""The model card of an export: what it says of general knowledge."""

from core.models.card import Origin, model_card

ORIGIN = {"model": "m", "model_sha256": "", "license": "", "run_id": "run-1", "dataset_sha256": "d"}


def test_what_was_forgotten_stands_on_the_card_and_nothing_where_nobody_looked():
    told = "English that is in no document surprises it 22 % more than before (perplexity 14.7, before 12.1)."
    assert f"## General knowledge\n\n{told}\n" in model_card(Origin(**ORIGIN, forgetting=told))
    assert "General knowledge" not in model_card(Origin(**ORIGIN))
