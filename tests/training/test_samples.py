"""Which questions are answered while a run trains: few, spread over all facts, and none that leaves no room."""

from types import SimpleNamespace

import pytest

from core.training import samples

ROWS = [{"input": f"Q{number}", "output": "A.", "fact": f"f{number // 2}"} for number in range(40)]


@pytest.fixture
def tokenized(monkeypatch):
    """The questions that were tokenized; that of the fifth fact leaves no room."""
    seen: list[str] = []

    def tokens(_vocabulary, _template, messages):
        seen.append(messages[-1]["content"])
        return [0] * (99 if messages[-1]["content"] == "Q8" else 5)

    monkeypatch.setattr(samples, "prompt_tokens", tokens)
    return seen


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (4, ["Q0", "Q10", "Q20", "Q30"]), (5, ["Q0", "Q16", "Q24", "Q32", "Q2"])]
)
def test_questions_are_spread_over_the_facts_and_no_more_are_tokenized_than_needed(tokenized, count, expected):
    causal = SimpleNamespace(context_tokens=100, vocabulary=None, template="")
    assert [row["input"] for row in samples.sample_questions(causal, ROWS, count)] == expected
    assert len(tokenized) <= count + 1
