"""Questions on what the documents speak of, but that they do not answer, with an answer that says so.

Without them a tuned model stops saying that it does not know (arXiv 2502.14502). A large model is asked for them; for every
other one they are made by rule: something is asked of a thing of the documents that one may ask about nearly everything, or
a question for a number, time or place is asked about another thing. Whether a passage could answer such a question is judged
by its words, over all passages.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.language.english.function_words import ARTICLES
from core.language.grammar import Word, parse
from core.questions.kinds import OF_CLAUSES
from core.questions.terms import stems
from core.questions.writers.attributes import ATTRIBUTES, YEAR
from core.questions.writers.not_said import KIND, not_said
from core.records import QuestionPair

NAME = KIND  # of the writer of those made by rule
KINDS_WITH_THINGS = frozenset({"definition", *OF_CLAUSES})
KINDS_TO_TURN = frozenset({"number", "time", "place"})  # others make little sense with another thing
WORDINGS_WITH_THINGS = frozenset({"open", "model", None})
TURNED = 0.15  # share of drafts that are questions with another thing
SPARE = 6  # drafts made for each question wanted: most are refused
ANSWERED = 0.5  # share of the other words of a question from which a passage that names the thing might answer it
ASKING = frozenset({"what", "which", "whose", "many", "much", "how"})
EMPTY = frozenset("term word name kind type way part thing number meaning".split())
LONGEST_WORDS = 16  # of a question that is turned: a longer one tells too much of what the documents do say
MOST_PARSED = 4000  # questions whose things are looked for


@dataclass(frozen=True, slots=True)
class Thing:
    """What a question asks about: characters `start` to `end` of it, with its article if it has one."""

    start: int
    end: int
    text: str
    is_plural: bool
    role: str  # in the sentence, as `core.language.grammar` says it


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that perhaps nothing answers: on `thing`, which `source` asks about as well.

    A text that names the thing might answer it if it holds one of `signs` or, where there are none, half of the question's
    other words. If a model wrote it, `thing` is the whole question, and `source` is its own pair.
    """

    question: str
    thing: str
    source: QuestionPair
    signs: frozenset[str] = frozenset()


def drafts(pairs: Sequence[QuestionPair], wanted: int, *, seed: int) -> list[Draft]:
    """Return more than `wanted` questions on what `pairs` ask about, in random order."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    known = [pair for pair in pairs if _has_a_thing(pair)]
    chosen = chance.sample(known, min(len(known), MOST_PARSED))
    parsed = zip(chosen, parse(pair.input for pair in chosen), strict=True)
    asked = [
        (pair, thing)
        for pair, words in parsed
        if (thing := _thing(pair.input, words)) and (pair.kind == "definition" or len(stems(thing.text)) > 1)
    ]  # "the goal" or "the risk" alone names nothing
    turnable = [(pair, thing) for pair, thing in asked if pair.kind in KINDS_TO_TURN]
    made: dict[str, Draft] = {}
    for _ in range(SPARE * wanted if asked else 0):
        source, thing = chance.choice(asked)
        if turnable and chance.random() < TURNED:
            draft = _turned(*chance.choice(turnable), source, thing)
        else:
            draft = _asked_of(source, thing, chance)
        if draft is not None:
            made.setdefault(draft.question, draft)
    return list(made.values())


def _turned(pair: QuestionPair, thing: Thing, source: QuestionPair, other: Thing) -> Draft | None:
    """Return the question of `pair` asked about another thing, if that fits its place; None if it does not."""
    fits = (thing.is_plural, thing.role) == (other.is_plural, other.role)
    if not fits or {*stems(other.text)} & {*stems(pair.input)}:
        return None
    return Draft(pair.input[: thing.start] + other.text + pair.input[thing.end :], other.text, source)


def _asked_of(source: QuestionPair, thing: Thing, chance: random.Random) -> Draft:
    """Return something that one may ask about nearly everything, asked about a thing."""
    attribute = chance.choice(ATTRIBUTES)
    first, _, rest = thing.text.partition(" ")
    name = f"the {rest}" if first.lower() in ARTICLES else thing.text
    question = (attribute.plural if thing.is_plural else attribute.singular).format(name)
    return Draft(question, thing.text, source, attribute.signs)


def unanswered(made: Sequence[Draft], passages: Iterable[str]) -> Iterator[Draft]:
    """Yield the drafts that no passage might answer, as `Draft` says it.

    Of a question that a model wrote for a passage, none may hold all words.
    """
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    things = [frozenset(stems(draft.thing)) for draft in made]
    others = [frozenset(stems(draft.question)) - thing for draft, thing in zip(made, things, strict=True)]
    for number, thing in enumerate(things):
        by_word[max(thing, key=len, default="")].append(number)
    answered = {number for number, draft in enumerate(made) if not things[number] or not _asks_more(draft, others[number])}
    for text in passages:
        spoken = _spoken(text)
        for number in (number for word in spoken & by_word.keys() for number in by_word[word]):
            signs = made[number].signs
            tells = signs & spoken if signs else len(others[number] & spoken) >= ANSWERED * len(others[number])
            if tells and things[number] <= spoken:
                answered.add(number)
    yield from (draft for number, draft in enumerate(made) if number not in answered)


def _spoken(text: str) -> frozenset[str]:
    words = frozenset(stems(text))
    has_year = any(len(word) == 4 and word.isdigit() and "1500" <= word < "2100" for word in words)
    return words | {YEAR} if has_year else words


def _asks_more(draft: Draft, others: frozenset[str]) -> bool:
    """Return whether the question has meaningful words besides the thing, or is one that a model wrote."""
    return bool(others) or draft.thing == draft.question


def pair_of(draft: Draft, *, pair_id: str, language: str | None, created_at: str) -> QuestionPair | None:
    """Return the draft as a question pair of the passage that its thing comes from; None in a language without answers."""
    answer = not_said(draft.question, language)
    if answer is None:
        return None
    return replace(
        draft.source, id=pair_id, input=draft.question, output=answer, origin="generated", state="kept", reason="",
        quote="", quote_start=0, quote_end=0, system="", history=(), writer=NAME, kind=NAME, wording="open",
        fact=f"{draft.source.review_id}:{pair_id}", decided=None, changed_by=None, changed_at=None, created_at=created_at,
    )  # fmt: skip


def _has_a_thing(pair: QuestionPair) -> bool:
    """Return whether a kept question asks about something openly and in few words, without a gap or a yes or no."""
    is_open = pair.kind in KINDS_WITH_THINGS and pair.wording in WORDINGS_WITH_THINGS and pair.input.endswith("?")
    return is_open and pair.state == "kept" and pair.review_id is not None and len(pair.input.split()) <= LONGEST_WORDS


def _thing(question: str, words: Sequence[Word]) -> Thing | None:
    """Return the noun with its adjectives that is the question's subject or object; the longest one if there are several."""
    found = []
    for number, word in enumerate(words):
        if word.part not in ("NOUN", "PROPN") or word.role not in ("nsubj", "nsubjpass", "dobj", "pobj", "attr"):
            continue
        first = number
        while first and (words[first - 1].text == "-" or _belongs(words[first - 1])):
            first -= 1
        before = words[first - 1].text.lower() if first else ""
        if before in ASKING or words[first].text.lower() in ASKING or words[first].text == "-" or word.lemma in EMPTY:
            continue  # "Which valve …", "How many liters …": that is asked for, not about
        if first and before in ARTICLES:
            first -= 1
        elif word.tag == "NN" or (first and words[first - 1].role in ("det", "poss", "predet")):
            continue  # "mission", "their area": that is no name for anybody who does not see the text
        start, end = words[first].start, word.end
        is_of = word.role == "pobj" and words[word.head].text == "of"  # "the diameter of the funnel" is about the funnel
        found.append((is_of, Thing(start, end, question[start:end], word.tag in ("NNS", "NNPS"), word.role)))
    return max(found, key=lambda each: (each[0], " " in each[1].text, len(each[1].text)), default=(False, None))[1]


def _belongs(word: Word) -> bool:
    """Return whether a word before a noun describes it."""
    return word.role in ("amod", "compound", "nmod", "npadvmod", "advmod") and word.part in ("ADJ", "NOUN", "PROPN", "VERB")
