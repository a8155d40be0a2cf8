"""Facts in several wordings, and what every kind of fact needs to be worded."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from core.questions.writers.guided.asking import lower_first
from core.questions.writers.guided.meaning import stems
from core.questions.writers.guided.topics import Topics
from core.questions.writers.writer import Excerpt
from core.records import Passage

_REQUESTS = ("Can you tell me {}?", "Do you know {}?", "Tell me {}.", "I would like to know {}. Can you help?", "State {}.")
_NAMING_TOPIC = stems("regarding according")
GIVEN_AWAY = 0.5  # of the meaningful words of an answer, from which a topic that has them tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question in one wording, and the answer to it."""

    name: str  # of `core.questions.kinds.WORDINGS`
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedFact:
    """A fact with its wordings, the plainest first: characters `start` to `end` of the passage's text are its evidence."""

    passage_id: str
    kind: str  # a name of `core.questions.kinds.KINDS`
    start: int
    end: int
    wordings: tuple[Wording, ...]
    is_spare: bool = False  # only for a passage that has no others
    is_bare: bool = False  # says too little without its topic: taken where a passage has no other facts


class Found(Protocol):
    """What was found in a passage: characters `start` to `end` of its text."""

    @property
    def passage(self) -> Passage:
        """The passage it was found in."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends."""


Each = TypeVar("Each", bound=Found)


def worded_facts(
    found: Iterable[Each],
    excerpts: Sequence[Excerpt],
    kind: str,
    wordings: Callable[[Each, str | None], Iterable[Wording]],
    *,
    is_spare: bool = False,
) -> Iterator[WordedFact]:
    """Yield what was found in excerpts as facts of a kind; `wordings` gets each with the topic that it can name first."""
    topics = Topics(excerpts)
    for each in found:
        if told := tuple(wordings(each, topics.at(each.passage, each.start))):
            yield WordedFact(
                passage_id=each.passage.id, kind=kind, start=each.start, end=each.end, wordings=told, is_spare=is_spare
            )


def request(asked: str) -> str:
    """Return a request that holds `asked` ("where it is kept"); which one depends on its letters, so that all occur."""
    return _REQUESTS[sum(map(ord, asked)) % len(_REQUESTS)].format(asked)


def with_topic(topic: str | None, question: str, answer: str) -> Iterator[Wording]:
    """Yield the question with its topic first ("Regarding the winch: …"), unless it or the answer names that anyway."""
    if topic and not _is_named(topic, question) and not _gives_away(topic, answer):
        yield Wording(name="context", question=_behind(topic, question), answer=answer)


def in_topic(topic: str, wording: Wording) -> Iterator[Wording]:
    """Yield a wording that needs its topic with it first, unless it names that; nothing if the topic tells the answer."""
    if _is_named(topic, wording.question):
        yield wording
    elif not _gives_away(topic, wording.answer) or wording.name in ("yes", "no"):
        name = "context" if wording.name == "open" else wording.name
        yield replace(wording, name=name, question=_behind(topic, wording.question))


def _behind(topic: str, question: str) -> str:
    mark = "," if question.startswith("Complete ") else ":"
    return f"{topic}{mark} {lower_first(question)}"


def _is_named(topic: str, question: str) -> bool:
    return stems(topic) - _NAMING_TOPIC <= stems(question)


def _gives_away(topic: str, answer: str) -> bool:
    told = stems(answer)
    return len(told & (stems(topic) - _NAMING_TOPIC)) >= GIVEN_AWAY * len(told)
