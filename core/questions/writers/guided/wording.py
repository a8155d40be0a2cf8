"""Facts in several wordings, and what every kind of fact needs to be worded."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from core.questions.domain import Domain
from core.questions.writers.guided.asking import lower_first
from core.questions.writers.guided.meaning import WORD, content, stems
from core.questions.writers.guided.topics import Topic, Topics
from core.questions.writers.writer import Excerpt
from core.records import Passage

_REQUESTS = ("Can you tell me {}?", "Do you know {}?", "Tell me {}.", "I would like to know {}. Can you help?", "State {}.")
GIVEN_AWAY = 0.5  # of the meaningful words of an answer, from which a topic that has them tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question in one wording, and the answer to it."""

    name: str  # of `core.questions.kinds.WORDINGS`
    question: str
    answer: str
    topic: Topic | None = None  # named before the question, once `asked` puts it there


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
    wordings: Callable[[Each, Topic | None], Iterable[Wording]],
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


def with_topic(topic: Topic | None, question: str, answer: str) -> Iterator[Wording]:
    """Yield the question with its topic ("Regarding the winch: …"), unless it or the answer names that anyway."""
    if topic and not _is_named(topic.name, question) and not _gives_away(topic.name, answer):
        yield Wording(name="context", question=question, answer=answer, topic=topic)


def in_topic(topic: Topic, wording: Wording) -> Iterator[Wording]:
    """Yield a wording that needs its topic with it, unless it names that; nothing if the topic tells the answer."""
    if _is_named(topic.name, wording.question):
        yield wording
    elif not _gives_away(topic.name, wording.answer) or wording.name in ("yes", "no"):
        yield replace(wording, name="context" if wording.name == "open" else wording.name, topic=topic)


def asked(wording: Wording, domain: Domain | None) -> Wording:
    """Return a wording whose question begins with its topic, and with the domain if neither of them speaks of that."""
    lead = _lead(wording, domain)
    if not lead:
        return replace(wording, question=_spelled_out(wording.question, domain))
    mark = "," if wording.question.startswith("Complete ") else ":"
    question = f"{lead}{mark} {lower_first(wording.question)}"
    return replace(wording, question=_spelled_out(question, domain), topic=None)


def _spelled_out(question: str, domain: Domain | None) -> str:
    """Return a question with the domain's name before its abbreviation: "religious support (RS)"."""
    if domain is None or not domain.abbreviation or domain.name.lower() in question.lower():
        return question
    name = f"{domain.name} ({domain.abbreviation})"
    return re.sub(rf"(?<![\w-]){re.escape(domain.abbreviation)}(?![\w-])", name, question, count=1)


def _lead(wording: Wording, domain: Domain | None) -> str:
    topic = wording.topic
    heading = topic.name if topic and topic.is_heading else ""
    if domain is not None and not _speaks_of(domain, f"{heading} {wording.question}") and not _tells(domain, wording):
        return f"Regarding {heading} in {domain.name}" if heading else f"Regarding {domain.name}"
    if heading:
        return f"Regarding {heading}"
    return f"According to {topic.name}" if topic and domain is None else ""


def _speaks_of(domain: Domain, text: str) -> bool:
    """Return whether a text has a word of the domain, or its abbreviation, so that it shows which field is meant."""
    return bool(stems(f"{domain.name} {domain.abbreviation}") & stems(text))


def _tells(domain: Domain, wording: Wording) -> bool:
    """Return whether an answer says nothing but what the domain is."""
    return wording.name not in ("yes", "no") and stems(wording.answer) <= stems(f"{domain.name} {domain.abbreviation}")


def _is_named(topic: str, question: str) -> bool:
    return stems(topic) <= stems(question)


def _gives_away(topic: str, answer: str) -> bool:
    told = stems(answer)
    initials = "".join(word[0].upper() for word in content(topic))
    return len(told & stems(topic)) >= GIVEN_AWAY * len(told) or (len(initials) > 1 and initials in WORD.findall(answer))
