"""The grammar of English sentences: parts of speech, base forms, and which word depends on which.

Read by the tagger, parser and lemmatizer of the embedded spaCy pipeline, which the search for personal data leaves out. The
labels are spaCy's for English: ClearNLP's for dependencies, Universal Dependencies' for parts of speech.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from core.language.pipeline import open_pipeline, pipeline_folder

_ZONE = 256  # texts per memory zone, after which spaCy frees the words first seen there
_BATCH = 64  # texts parsed together


@dataclass(frozen=True, slots=True)
class Word:
    """A word or mark of a parsed text: characters `start` to `end` of it.

    `lemma` is its base form, `part` its part of speech ("VERB"), `tag` the finer one of the Penn Treebank ("VBZ": third
    person). It depends on word number `head` of the text as `role` says ("nsubj": subject); a sentence's root depends on
    itself.
    """

    text: str
    start: int
    end: int
    lemma: str
    part: str
    tag: str
    role: str
    head: int


def parse(texts: Iterable[str]) -> Iterator[tuple[Word, ...]]:
    """Yield the words of each text with their grammar.

    Meant for texts of one sentence, as `core.language.sentences` cuts them: where a text holds several, the parser decides
    where each ends.

    The first text opens the pipeline, once per process: 6 s of processor time and 570 MB, nearly all of it vectors and words
    that the search for personal data has loaded a second time if it runs in the same process. Then 38,000 characters (380
    sentences) a second are read on one core. Nothing is loaded before, and nothing comes from the network.

    Raises:
        SetupError: the embedded pipeline is missing or damaged.
    """
    pipeline, waiting = _pipeline(), iter(texts)
    while batch := list(islice(waiting, _ZONE)):
        with pipeline.memory_zone():  # otherwise spaCy keeps every word it has ever seen
            parsed = [tuple(map(_word, document)) for document in pipeline.pipe(batch, batch_size=_BATCH)]
        yield from parsed


@lru_cache(maxsize=1)
def _pipeline() -> Any:
    return open_pipeline(pipeline_folder(), leaving_out=("ner", "senter"))


def _word(token: Any) -> Word:
    return Word(
        text=token.text,
        start=token.idx,
        end=token.idx + len(token.text),
        lemma=token.lemma_,
        part=token.pos_,
        tag=token.tag_,
        role=token.dep_,
        head=token.head.i,
    )
