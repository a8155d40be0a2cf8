"""A writer of question pairs that needs no language model: two pairs for every sentence, by rule."""

import re
from collections.abc import Iterator, Sequence

import pytest

from core.models.text import TextGenerator
from core.questions import WRITERS
from core.questions.writers.writer import Candidate, Excerpt, Writer
from core.settings import GenerationSettings

LEADS = (("open", "What does the text tell of"), ("request", "Say please which words stand near"))
SENTENCE = re.compile(r"\S[^.]*\.")


def _write(excerpts: Sequence[Excerpt], _: TextGenerator, settings: GenerationSettings) -> Iterator[Candidate]:
    for excerpt in excerpts:
        passage = excerpt.passage
        for match in list(SENTENCE.finditer(passage.text))[: settings.per_passage]:
            start = passage.start + match.start()
            for wording, question in LEADS:
                yield Candidate(
                    passage_id=passage.id,
                    question=f"{question} {' '.join(match.group().split()[-3:])[:-1]} in place {match.start()}?",
                    answer=match.group(),
                    quote=match.group(),
                    start=start,
                    end=start + len(match.group()),
                    kind="fact",
                    wording=wording,
                    fact=f"{start}",
                )


SCRIPTED = Writer("scripted", "Scripted", "For tests.", _write)


class NoModel:
    """A `WriterApart` that loads no model and writes nothing."""

    def __init__(self, _path: object, *, sequences: int) -> None:
        self.sequences = sequences

    def __enter__(self) -> "NoModel":
        return self

    def __exit__(self, *_raised: object) -> None:
        pass


@pytest.fixture
def scripted_writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Let generation jobs write with the settings' writer "scripted", and load no model."""
    monkeypatch.setattr("core.models.engine.apart.WriterApart", NoModel)
    monkeypatch.setattr("core.models.unpacked.batch_gguf", lambda path, cache, **_: path)
    monkeypatch.setitem(WRITERS, "scripted", SCRIPTED)
    return SCRIPTED
