"""Lists of a passage as facts: a line that leads in ("The crew must—") and the items below it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import COMMON_PREPOSITIONS
from core.language.grammar import parse
from core.questions.passage_sentences import BULLETS
from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import Clause, Part, clauses, inside, span_text, stands_alone
from core.questions.writers.guided.meaning import NUMBER_WORD
from core.questions.writers.guided.topics import topic
from core.questions.writers.guided.wording import WordedFact, Wording, with_topic
from core.questions.writers.writer import Excerpt
from core.records import Passage
from core.settings import GenerationSettings

_ITEM = re.compile(r"^\s*(?:[" + BULLETS + r"·*–—-]|\(?(?:\d{1,2}|[a-z])[.)])\s+(?P<text>\S.*)$")
_LEAD = re.compile(r"(?:^|(?<=[.!?] ))(?P<lead>[A-Z][^.!?]*?)\s?(?:—|–|:)\s*$")
_NUMBERING = re.compile(r"^\s*(?:[A-Z]?\d*-\d+\.|(?:\d+\.)+\d*\)?|\d+\)|\([a-z0-9]{1,2}\)|[" + BULLETS + r"·*–—-])\s+")
_FOLLOWING = re.compile(r"(?: (?:of )?the following| as follows| these)$")
_FOLLOWING_INSIDE = re.compile(
    rf"\bthe following(?: [a-z]+)?(?= (?:{'|'.join(sorted(COMMON_PREPOSITIONS - {'as', 'by'}))})\b)"
)
_FOLLOWING_NOUN = re.compile(r"\bthe following(?= [a-z])")
_COUNTED = re.compile(
    rf"^There (?:are|is) (?P<number>{NUMBER_WORD}|\d{{1,3}}) (?P<what>[a-z][^:—]{{3,60}}?)"
    r"\s?(?:—|:)\s*(?P<items>[^:—]+)\.$"
)
STANDS_IN = "ITEMS"  # for the items, while the line that leads in is parsed
MOST_ITEMS, MOST_WORDS = 12, 70
SHORT_ITEM = 7  # words; a list of such items needs commas alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFact:
    """What a list enumerates: characters `start` to `end` of the passage's text; `question` asks for all `items`."""

    passage: Passage
    start: int
    end: int
    lead: str  # "The disciplines are"
    question: str
    request: str  # what is asked for inside a sentence: "what the disciplines are"
    whole: str | None  # "the disciplines", if the items are these; None if they are part of something else
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    passage: Passage
    start: int
    end: int
    lead: str
    items: tuple[tuple[str, int, int], ...]


def list_facts(passages: Sequence[Passage]) -> Iterator[ListFact]:
    """Yield the lists of passages that a question can ask for."""
    found = [each for passage in passages for each in _find(passage)]
    completed = [_completed(each.lead) for each in found]
    text = "\n".join(passage.text for passage in passages)
    for each, words in zip(found, parse(completed), strict=True):
        facts = (_fact(each, clause) for clause in clauses(inside(words, text)))
        fact = next((fact for fact in facts if fact is not None), None)
        if fact is not None:
            yield fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as a whole sentence with what leads in ("Commanders must tie …"); it stands from `item_start` to `end`."""

    passage: Passage
    start: int  # of what leads in
    item_start: int
    end: int
    sentence: str


def item_sentences(passages: Sequence[Passage]) -> Iterator[Item]:
    """Yield the items of lists whose first line stops at a verb ("The crew must—"), each as a sentence."""
    for passage in passages:
        for each in _find(passage):
            if re.search(r"\b(?:must|should|shall|can|may|will|to)$", each.lead):
                for text, start, end in each.items:
                    sentence = f"{each.lead} {asking.lower_first(text.rstrip('.;,'))}."
                    yield Item(passage=passage, start=each.start, item_start=start, end=end, sentence=sentence)


def items_text(items: Sequence[str]) -> str:
    """Return items as one phrase: "a, b, and c"."""
    is_short = all(len(item.split()) <= SHORT_ITEM and "," not in item for item in items)
    mark = ", " if is_short else "; "
    if len(items) == 2 and is_short:
        return f"{items[0]} and {items[1]}"
    return f"{mark.join(items[:-1])}{mark}and {items[-1]}"


def _find(passage: Passage) -> Iterator[_Found]:
    lines = list(re.finditer(r"[^\n]+", passage.text))
    at = 0
    while at < len(lines):
        lead = _LEAD.search(_without_numbers(lines[at].group()))
        items = _items_from(lines, at + 1) if lead else []
        if lead and len(items) >= 2:
            text = lead["lead"]
            start = passage.text.find(text, lines[at].start())
            if start >= 0 and len(items) <= MOST_ITEMS:
                yield _Found(passage, start, items[-1][2], text, tuple(items))
            at += len(items)
        at += 1


def _without_numbers(line: str) -> str:
    return _NUMBERING.sub("", line)


def _items_from(lines: Sequence[re.Match[str]], at: int) -> list[tuple[str, int, int]]:
    """Return text, start and end of the items on the lines from number `at` on: each item's first sentence."""
    items = []
    for line in lines[at:]:
        match = _ITEM.match(line.group())
        if not match:
            break
        text = re.split(r"(?<=[a-z)])\. (?=[A-Z])", match["text"], maxsplit=1)[0].strip()
        start = line.start() + match.start("text")
        items.append((re.sub(r"(?:;|,)?(?: and| or)?$", "", text.rstrip(" .;,")), start, start + len(text)))
    return items


def _completed(lead: str) -> str:
    """Return the line that leads in as a sentence in which a word stands for the items."""
    if match := _FOLLOWING_INSIDE.search(lead):
        return f"{lead[: match.start()]}{STANDS_IN.lower()}{lead[match.end() :]}."
    return f"{_opened(lead)} {STANDS_IN.lower()}."


def _opened(lead: str) -> str:
    return _FOLLOWING.sub("", _FOLLOWING_NOUN.sub("the", lead))


def _fact(found: _Found, clause: Clause) -> ListFact | None:
    words = clause.words
    at = next((number for number, word in enumerate(words) if word.text == STANDS_IN.lower()), -1)
    parts = [part for part in clause.after if part.start <= at < part.end]
    items = tuple(_cleaned(text) for text, _, _ in found.items)
    count = sum(len(item.split()) for item in items)
    if not parts or count > MOST_WORDS or not all(items) or not stands_alone(words, 0, at):
        return None
    if words[clause.verb].lemma in ("exist", "follow", "occur", "apply", "appear", "remain"):
        return None
    if clause.subject is None or words[clause.subject.head].part not in ("NOUN", "PROPN"):
        return None
    asked = _asked(clause, parts[0], at)
    if asked is None:
        return None
    question, request = asked
    return ListFact(
        passage=found.passage,
        start=found.start,
        end=found.end,
        lead=_opened(found.lead),
        question=question,
        request=request,
        whole=clause.text(clause.subject) if words[clause.verb].lemma == "be" else None,
        items=items,
    )


def _asked(clause: Clause, part: Part, at: int) -> tuple[str, str] | None:
    """Return the question for the items, and the same inside a sentence; None if the items are no part of their own."""
    if part.role in ("dobj", "attr") and part.head == at and part.start == at:
        end = span_text(clause.words, at + 1, part.end)  # "on key decision makers"
    elif part.role == "prep" and part.end == at + 1 and part.start == at - 1:
        end = clause.words[part.start].text
        if end == "by":
            return asking.ask(clause, "How", gap=part), asking.embedded(clause, "how", gap=part)
    else:
        return None
    return asking.ask(clause, "What", gap=part, end=end), asking.embedded(clause, "what", gap=part, end=end)


def _cleaned(text: str) -> str:
    text = re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", re.sub(r"\s+", " ", text)).strip(" .;,")
    return "" if re.search(r"[—|_=]", text) or len(text.split()) > 18 else asking.lower_first(text)


def counted_lists(passages: Sequence[Passage]) -> Iterator[ListFact]:
    """Yield lists inside a sentence that says how many there are: "There are two kinds of valve: gate and ball valves."."""
    from core.questions.passage_sentences import passage_sentences

    for passage in passages:
        for start, end in passage_sentences(passage.text):
            match = _COUNTED.match(re.sub(r"\s+", " ", passage.text[start:end]))
            if match:
                items = tuple(
                    part.strip() for part in re.split(r",\s*(?:and |or )?|\s+and\s+", match["items"]) if part.strip()
                )
                what = f"the {match['number']} {match['what']}"
                yield ListFact(
                    passage=passage, start=start, end=end, lead=f"{what} are", question=f"What are {what}?",
                    request=f"what {what} are", whole=what, items=items,
                )  # fmt: skip


def worded(excerpts: Sequence[Excerpt], settings: GenerationSettings) -> Iterator[WordedFact]:  # noqa: ARG001
    """Yield the lists of excerpts in several wordings."""
    topics = {excerpt.passage.id: topic(excerpt) for excerpt in excerpts}
    passages = [excerpt.passage for excerpt in excerpts]
    for each in (*counted_lists(passages), *list_facts(passages)):
        wordings = tuple(list_wordings(each, topic=topics[each.passage.id]))
        yield WordedFact(passage_id=each.passage.id, kind="list", start=each.start, end=each.end, wordings=wordings)


def list_wordings(fact: ListFact, *, topic: str | None) -> Iterator[Wording]:
    """Yield the wordings of a list."""
    answer = asking.tidy(items_text(fact.items)) + "."
    yield Wording(name="open", question=fact.question, answer=answer)
    yield Wording(name="request", question=f"Can you list {fact.request}?", answer=answer)
    missing = fact.items[len(fact.question) % len(fact.items)]
    others = items_text([item if item != missing else "_____" for item in fact.items])
    sentence = asking.tidy(f"{fact.lead} {others}")
    yield Wording(name="cloze", question=f"Complete the list: “{sentence}.”", answer=asking.tidy(missing) + ".")
    if fact.whole:
        yield Wording(name="yes", question=f"Is {missing} one of {fact.whole}?", answer=f"Yes. {sentence_of(fact)}")
        yield Wording(name="turned", question=f"Name {fact.whole}.", answer=answer)
    yield from with_topic(topic, fact.question, answer)


def sentence_of(fact: ListFact) -> str:
    """Return a list as a sentence with what leads in."""
    return asking.tidy(f"{fact.lead} {items_text(fact.items)}") + "."
