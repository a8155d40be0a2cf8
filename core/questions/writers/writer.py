"""What every writer of question pairs is: excerpts and a language model in, candidates out.

A writer is a file of this folder and a row of `WRITERS`. It reads no database; whoever calls it says where an excerpt comes
from, keeps what it yields and filters it. Nothing ends silently: besides what it wrote, a writer yields what came of each
request to the model.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.models.text import TextGenerator
from core.questions.domain import Domain
from core.records import Passage
from core.settings import GenerationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """An approved passage to write about, with what stands around it."""

    passage: Passage
    title: str = ""  # of the document
    domain: Domain | None = None  # what the whole document is about, if that is known
    before: str = ""  # text of the passage before it
    after: str = ""  # text of the passage after it
    terms: Mapping[str, str] = field(default_factory=dict)  # terms defined in the document that occur here, to definitions
    language: str | None = None  # ISO 639-1 code; None if not known
    linked: Passage | None = None  # another passage that speaks of the same
    shared: str = ""  # of what both speak


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A newly written pair, not yet filtered.

    `quote` is the evidence: characters `start` to `end` of the anonymized text, or "" if none was found. `kind` and
    `wording` are names of `core.questions.kinds`. `fact` is the same for all candidates that ask for one fact.
    """

    passage_id: str
    question: str
    answer: str
    quote: str
    start: int
    end: int
    kind: str
    wording: str
    fact: str


Outcome = Literal["answered", "malformed", "refused"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request to the model about a passage, after a second attempt if the first was unusable."""

    passage_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PassageText:
    """A text written about a passage for continued training; `way` is the name of the prompt that it was written with."""

    passage_id: str
    way: str
    text: str


Written = Candidate | Reply | PassageText


@dataclass(frozen=True, slots=True)
class Writer:
    """A way to write question pairs.

    `write(excerpts, generator, settings)` yields what it wrote in any order, several candidates or none for each excerpt,
    and a `Reply` for each request that the model could have spoiled. It raises ModelError if the model failed.
    """

    name: str  # stored with each pair, and given on the command line
    words: str  # shown to people
    description: str  # for whom it is, in a sentence
    write: Callable[[Sequence[Excerpt], TextGenerator, GenerationSettings], Iterator[Written]]
    prompts: tuple[str, ...] = ()  # names of the prompts it uses, in `core.questions.writers.prompt_files`
    answer_tokens: Callable[[GenerationSettings], int] | None = None  # of its longest reply; None: it needs little room
