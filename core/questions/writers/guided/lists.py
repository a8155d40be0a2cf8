"""Lists of a passage as facts: what the items below a line, or behind a colon, are to what leads in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.language.english.function_words import PRONOUNS
from core.language.english.numbers import UP_TO_NINETEEN
from core.language.grammar import Word, parse
from core.questions.passage_sentences import passage_sentences
from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import Clause, Part, clauses, inside, span_text, stands_alone
from core.questions.writers.guided.listings import (
    MOST_WORDS,
    Listing,
    begins_with_item,
    cleaned,
    is_nested,
    items_text,
    listings,
    with_inside,
)
from core.questions.writers.guided.meaning import NUMBER_WORD, content, plain, spellings_of
from core.questions.writers.guided.nouns import is_person_word
from core.questions.writers.guided.standing import DEGREES, is_hanging
from core.questions.writers.guided.topics import Topic
from core.questions.writers.guided.wording import WordedFact, Wording, in_topic, with_topic, worded_facts
from core.questions.writers.writer import Excerpt
from core.records import Passage

_FOLLOWING = re.compile(r"(?: (?:of )?the following| as follows| these)$")
_FOLLOWING_NOUN = re.compile(r"\bthe following(?= [a-z])")
# What names the items at the end of a line that is a whole sentence: "performs seven functions", "in the following steps".
_NAMING = re.compile(
    rf" (?P<named>(?:(?:the )?(?P<count>{NUMBER_WORD}|\d{{1,2}})|the following)(?P<what>(?: [\w’-]+){{1,4}}))$",
    re.IGNORECASE,
)
_COLON = re.compile(r"^(?P<lead>[A-Z][^:;—.“]{10,160}): (?P<items>[^:;—.“]+)\.$")
# "It includes planning; preparation of the crew; and a rehearsal."
_SEMICOLONS = re.compile(
    r"^(?P<lead>[A-Z][^:;—.“]{4,120}? (?:includes?|are|involves?|comprises?|encompass(?:es)?|consists? of)) "
    r"(?P<items>[^:;—.“]+(?:; [^:;—.“]+)*; (?:and|or) [^:;—.“]+)\.$"
)
_COUNTED = re.compile(
    rf"^There (?:are|is) (?P<number>{NUMBER_WORD}|\d{{1,3}}) (?P<what>[a-z][^:—]{{3,60}}?)"
    r"\s?(?:—|:)\s*(?P<items>[^:—]+)\.$"
)
_INCLUDING = frozenset("include includes consist comprise involve contain".split())
STANDS_IN = "ITEMS"  # for the items, while the line that leads in is parsed
LEAST_IN_QUESTION = 3  # meaningful words
LEAST_NAMED = 2  # meaningful words of a question that needs no topic
LONGEST_NAMED = 8  # words of an item that can be asked for with yes or no


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
    is_lone: bool = False  # whether it calls what it tells of by one common noun in the plural: "Changes can include"
    is_around: bool = False  # whether words of the line belong behind the items: "the following data on valves"


@dataclass(frozen=True, slots=True)
class _Asked:
    """How a list is asked for, and the words before its items."""

    question: str
    request: str
    lead: str


def list_facts(passages: Sequence[Passage]) -> Iterator[ListFact]:
    """Yield the lists of passages that a question can ask for."""
    going_on = {(passage.document_id, passage.index - 1) for passage in passages if begins_with_item(passage.text)}
    found = [
        each
        for passage in passages
        for each in (*listings(passage), *_inside_sentences(passage))
        if passage.text[each.end :].strip(" .") or (passage.document_id, passage.index) not in going_on
    ]
    spellings = spellings_of(tuple(passage.text for passage in passages))
    for each, words in zip(found, parse(_completed(each.lead) for each in found), strict=True):
        facts = (_fact(each, clause) for clause in clauses(inside(words, spellings)))
        fact = next((fact for fact in facts if fact is not None), None)
        if fact is not None:
            yield fact


def _inside_sentences(passage: Passage) -> Iterator[Listing]:
    """Yield the lists inside sentences, with semicolons or with their number: "The corps has three tasks: …, …, and …."."""
    for start, end in passage_sentences(passage.text):
        line = plain(passage.text[start:end])
        if match := _SEMICOLONS.match(line):
            items = tuple((item, start, end) for item in re.split(r"; (?:and |or )?", match["items"]))
            yield Listing(passage, start, end, match["lead"], items)
        match = _COLON.match(line)
        if match and (naming := _NAMING.search(match["lead"])):
            items = tuple((item, start, end) for item in _items_inside(match["items"]))
            if len(items) == _number(naming["count"]):
                yield Listing(passage, start, end, match["lead"], items)


def _items_inside(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",\s*(?:and |or )?|\s+and\s+", text) if part.strip()]


def _number(count: str | None) -> int | None:
    """Return the number that a numeral or a word below twenty names."""
    if count is None or count.isdigit():
        return int(count) if count else None
    return UP_TO_NINETEEN.index(count.lower()) + 1 if count.lower() in UP_TO_NINETEEN else None


def _completed(lead: str) -> str:
    """Return the line that leads in as a sentence, in which a word stands for the items unless it names them itself."""
    if inside := with_inside(lead, STANDS_IN.lower()):
        return f"{inside}."
    if _NAMING.search(lead):
        return f"{_opened(lead)}."
    return f"{_opened(lead)} {STANDS_IN.lower()}."


def _opened(lead: str) -> str:
    """Return a line that leads in without the words that point to its items."""
    return _FOLLOWING.sub("", _FOLLOWING_NOUN.sub("the", lead))


def _fact(found: Listing, clause: Clause) -> ListFact | None:
    items = () if is_nested(found) else cleaned(found)
    is_named = clause.subject is not None and _is_named(clause, clause.subject)
    if not items or not is_named or sum(len(item.split()) for item in items) > MOST_WORDS:
        return None
    if found.lead.endswith("such as") or items[0].split()[0] in PRONOUNS:
        return None
    if clause.words[clause.verb].lemma in ("exist", "follow", "occur", "apply", "appear", "remain"):
        return None
    asked = _in_place(found, clause) or _by_name(found, clause)
    if asked is None:
        return None
    return ListFact(
        passage=found.passage,
        start=found.start,
        end=found.end,
        lead=asked.lead,
        question=asked.question,
        request=asked.request,
        whole=_whole(clause),
        items=items,
        is_lone=_is_lone(clause),
        is_around=with_inside(found.lead, STANDS_IN) is not None,
    )


def _is_named(clause: Clause, subject: Part) -> bool:
    return clause.words[subject.head].part in ("NOUN", "PROPN") and not is_hanging(clause, subject)


def _is_lone(clause: Clause) -> bool:
    subject = clause.subject
    if subject is None or subject.end - subject.start > 1:
        return False
    head = clause.words[subject.head]
    return head.tag == "NNS" and not is_person_word(head.text.lower()) and not re.search("[A-Z]", head.text[1:])


def _whole(clause: Clause) -> str | None:
    """Return the subject if the items are what it names: "The disciplines are …"."""
    subject = clause.subject
    is_all = subject is not None and clause.words[clause.verb].lemma == "be" and clause.words[subject.head].tag == "NNS"
    return clause.text(subject) if subject is not None and is_all else None


def _by_name(found: Listing, clause: Clause) -> _Asked | None:
    """Return the question for items by what the line calls them: "Which seven functions does the field army perform?"."""
    naming, words = _NAMING.search(found.lead), clause.words
    last = clause.after[-1] if clause.after else None
    if naming is None or last is None or not stands_alone(words, 0, len(words)):
        return None
    count, name = naming["count"], _opened(naming["named"]).lower()
    what = f"{count.lower()}{naming['what']}" if count else naming["what"].strip()
    text = clause.text(last)
    preposition = clause.first_word(last) if last.role == "prep" else ""
    is_last = text.lower().removeprefix(f"{preposition} ") == name and last.role in ("dobj", "prep")
    is_counted_right = count is None or _number(count) == len(found.items)
    question = asking.ask(clause, f"{preposition} which {what}".strip(), gap=last)
    if not is_last or not is_counted_right or len(content(question)) < LEAST_IN_QUESTION or not _is_plural(words):
        return None
    relative = f"the {what} {preposition} which" if preposition else f"the {what} that"
    return _Asked(asking.tidy(question), asking.embedded(clause, relative, gap=last), f"{found.lead}:")


def _is_plural(words: Sequence[Word]) -> bool:
    return any(word.tag in ("NNS", "NNPS") for word in words[-2:])


def _in_place(found: Listing, clause: Clause) -> _Asked | None:
    """Return the question for items in their place; None if they are no part of their own."""
    words = clause.words
    at = next((number for number, word in enumerate(words) if word.text == STANDS_IN.lower()), -1)
    part = next((part for part in clause.after if part.start <= at < part.end), None)
    if part is None or not stands_alone(words, 0, at):
        return None
    end = ""
    if part.role in ("dobj", "attr") and part.head == at and part.start == at:
        end = span_text(words, at + 1, part.end)  # "on key decision makers"
    elif part.end == at + 1 and words[at - 1].part == "ADP":
        end = words[at - 1].text
        clause, part = _cut(clause, part, at - 1)
    else:
        return None
    lead = _opened(found.lead)
    if end == "by" and not all(item.split()[0].endswith("ing") for item in cleaned(found)):
        return None
    if end == "by":
        return _Asked(asking.ask(clause, "How", gap=part), asking.embedded(clause, "how", gap=part), lead)
    question = asking.ask(clause, "What", gap=part, end=end)
    return _Asked(question, asking.embedded(clause, "what", gap=part, end=end), lead)


def _cut(clause: Clause, part: Part, at: int) -> tuple[Clause, Part]:
    """Return the clause with a part cut in two at its preposition, word number `at`, and the second: "responsible | for"."""
    if part.start == at:
        return clause, part
    second = Part("prep", at, at, part.end)
    pieces = (replace(part, end=at), second)
    after = tuple(piece for each in clause.after for piece in (pieces if each == part else (each,)))
    return replace(clause, after=after), second


def counted_lists(passages: Sequence[Passage]) -> Iterator[ListFact]:
    """Yield lists inside a sentence that says how many there are: "There are two kinds of valve: gate and ball valves."."""
    for passage in passages:
        for start, end in passage_sentences(passage.text):
            match = _COUNTED.match(re.sub(r"\s+", " ", passage.text[start:end]))
            if match:
                what = f"the {match['number']} {match['what']}"
                yield ListFact(
                    passage=passage, start=start, end=end, lead=f"{what} are", question=f"What are {what}?",
                    request=f"what {what} are", whole=what, items=tuple(_items_inside(match["items"])),
                )  # fmt: skip


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Yield the lists of excerpts in several wordings."""
    passages = [excerpt.passage for excerpt in excerpts]
    yield from worded_facts((*counted_lists(passages), *list_facts(passages)), excerpts, "list", list_wordings)


def list_wordings(fact: ListFact, topic: Topic | None) -> Iterator[Wording]:
    """Yield the wordings of a list, all of them with its topic if they say too little without."""
    is_bare = len(set(content(fact.question)) - DEGREES - _INCLUDING) < LEAST_NAMED
    if fact.is_lone and not (topic and topic.is_heading):
        return  # of which "changes" the list tells, only a heading says
    if is_bare:
        yield from (wording for plain in _plain_wordings(fact) for wording in in_topic(topic, plain)) if topic else ()
    else:
        yield from _plain_wordings(fact)
        yield from with_topic(topic, fact.question, asking.tidy(items_text(fact.items)) + ".")


def _plain_wordings(fact: ListFact) -> Iterator[Wording]:
    answer = asking.tidy(items_text(fact.items)) + "."
    yield Wording(name="open", question=fact.question, answer=answer)
    yield Wording(name="request", question=f"Can you list {fact.request}?", answer=answer)
    hidden = [item for item in fact.items if not set(content(item)) <= set(content(fact.lead))] or fact.items
    missing = hidden[len(fact.question) % len(hidden)]
    others = items_text([item if item != missing else "_____" for item in fact.items])
    if not fact.is_around:
        sentence = asking.tidy(f"{fact.lead} {others}")
        yield Wording(name="cloze", question=f"Complete the list: “{sentence}.”", answer=asking.tidy(missing) + ".")
    if fact.whole:
        if re.match(r"(?:an?|the) ", missing) and len(missing.split()) <= LONGEST_NAMED and "," not in missing:
            yield Wording(name="yes", question=f"Is {missing} one of {fact.whole}?", answer=f"Yes. {sentence_of(fact)}")
        yield Wording(name="turned", question=f"Name {fact.whole}.", answer=answer)


def sentence_of(fact: ListFact) -> str:
    """Return a list as a sentence with what leads in."""
    return asking.tidy(f"{fact.lead} {items_text(fact.items)}") + "."
