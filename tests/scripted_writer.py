"""A writer of question pairs that needs no language model: two pairs for every sentence, by rule, and no filters."""

import re
from collections.abc import Iterator, Sequence

import pytest

from core.models.text import Completion, Prompt, TextGenerator
from core.questions import FILTERS, WRITERS
from core.questions.writers.writer import Candidate, Excerpt, Writer
from core.settings import FilterSettings, GenerationSettings

LEADS = {"open": "What does the text tell of", "request": "Say please which words stand near"}
SENTENCE = re.compile(r"\S[^.]*\.")


def _write(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Iterator[Candidate]:
    list(generator.generate([]))  # as every writer asks the model
    for excerpt in excerpts:
        passage = excerpt.passage
        places = [(lead, match) for lead in LEADS.items() for match in SENTENCE.finditer(passage.text)]
        for (wording, lead), match in places[: settings.per_passage]:
            start = passage.start + match.start()
            yield Candidate(
                passage_id=passage.id,
                question=f"{lead} {' '.join(match.group().split()[-3:])[:-1]} in place {match.start()}?",
                answer=match.group(),
                quote=match.group(),
                start=start,
                end=start + len(match.group()),
                kind="fact",
                wording=wording,
                fact=f"{start}",
            )


ALL_KEPT = FilterSettings(off=tuple(each.reason.name for each in FILTERS)).in_full()
SCRIPTED = Writer("scripted", "Scripted", "For tests.", _write)


class NoModel:
    """A `WriterApart` that loads no model and writes nothing."""

    def __init__(self, _path: object, *, sequences: int) -> None:
        self.sequences = sequences

    def __enter__(self) -> "NoModel":
        return self

    def __exit__(self, *_raised: object) -> None:
        pass

    def generate(self, _prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        yield from ()


def scripted_settings(*, per_passage: int) -> GenerationSettings:
    """Return settings with which so many pairs are written about a passage, if it has sentences enough."""
    return GenerationSettings(writer="scripted", per_passage=per_passage, unanswerable_share=0).in_full()


@pytest.fixture
def scripted_writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Let generation jobs with `scripted_settings` write, load no model and examine no pair."""
    monkeypatch.setattr("core.models.engine.apart.WriterApart", NoModel)
    monkeypatch.setattr("core.models.unpacked.batch_gguf", lambda path, cache, **_: path)
    monkeypatch.setattr("core.services.questions.filtering.measure_pairs", lambda *_, **__: {})
    monkeypatch.setattr("core.services.questions.generation.Meter.measure", lambda *_: None)
    monkeypatch.setitem(WRITERS, "scripted", SCRIPTED)
    return SCRIPTED
