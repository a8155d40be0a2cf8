"""Questions on what the documents speak of, but that they do not answer, with an answer that says so.

Without them a tuned model stops saying that it does not know (arXiv 2502.14502). A large model is asked for them; for every
other one they are made by rule: the thing that a well-formed question asks about is exchanged for another thing of the same
documents. Whether a passage could answer such a question is judged by its words, over all passages.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.language.english.function_words import ARTICLES
from core.language.grammar import Word, parse
from core.questions.terms import stems
from core.questions.writers.not_said import KIND, not_said
from core.records import QuestionPair

NAME = KIND  # of the writer of those made by rule
KINDS_TO_TURN = frozenset({"fact", "number", "time", "place", "manner", "condition", "reason"})
WORDINGS_TO_TURN = frozenset({"open", "model", None})
SPARE = 6  # drafts made for each question wanted: most are refused
ANSWERED = 0.5  # share of the other words of a question from which a passage that names the thing might answer it
ASKING = frozenset({"what", "which", "whose", "many", "much", "how"})
LONGEST_WORDS = 16  # of a question that is turned: a longer one tells too much of what the documents do say
MOST_PARSED = 4000  # questions whose things are looked for


@dataclass(frozen=True, slots=True)
class Thing:
    """What a question asks about: characters `start` to `end` of it, with its article if it has one."""

    start: int
    end: int
    text: str
    is_plural: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that perhaps nothing answers: on `thing`, which `source` asks about as well.

    If a model wrote it, `thing` is the whole question, and `source` is its own pair.
    """

    question: str
    thing: str
    source: QuestionPair


def drafts(pairs: Sequence[QuestionPair], wanted: int, *, seed: int) -> list[Draft]:
    """Return more than `wanted` questions made from those of `pairs` by exchanging what they ask about, in random order."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    turnable = [pair for pair in pairs if _is_turnable(pair)]
    chosen = chance.sample(turnable, min(len(turnable), MOST_PARSED))
    asked = [
        (pair, thing)
        for pair, words in zip(chosen, parse(pair.input for pair in chosen), strict=True)
        if (thing := _thing(pair.input, words))
    ]
    by_number: defaultdict[bool, list[tuple[QuestionPair, Thing]]] = defaultdict(list)
    for pair, thing in asked:
        by_number[thing.is_plural].append((pair, thing))
    made: dict[str, Draft] = {}
    for _ in range(SPARE * wanted if asked else 0):
        pair, thing = chance.choice(asked)
        source, other = chance.choice(by_number[thing.is_plural])
        if not {*stems(thing.text)} & {*stems(other.text)} and not {*stems(other.text)} & {*stems(pair.input)}:
            question = pair.input[: thing.start] + other.text + pair.input[thing.end :]
            made.setdefault(question, Draft(question, other.text, source))
    return list(made.values())


def unanswered(made: Sequence[Draft], passages: Iterable[str]) -> Iterator[Draft]:
    """Yield the drafts that no passage might answer: none holds the thing together with half of what is asked about it.

    Of a question that a model wrote for a passage, none may hold all words.
    """
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    things = [frozenset(stems(draft.thing)) for draft in made]
    others = [frozenset(stems(draft.question)) - thing for draft, thing in zip(made, things, strict=True)]
    for number, thing in enumerate(things):
        by_word[max(thing, key=len, default="")].append(number)
    answered = {number for number, draft in enumerate(made) if not things[number] or not _asks_more(draft, others[number])}
    for text in passages:
        spoken = frozenset(stems(text))
        for number in (number for word in spoken & by_word.keys() for number in by_word[word]):
            if things[number] <= spoken and len(others[number] & spoken) >= ANSWERED * len(others[number]):
                answered.add(number)
    yield from (draft for number, draft in enumerate(made) if number not in answered)


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


def _is_turnable(pair: QuestionPair) -> bool:
    """Return whether a kept question asks for a fact, in few words and without a gap or a yes or no."""
    is_open = pair.kind in KINDS_TO_TURN and pair.wording in WORDINGS_TO_TURN and pair.input.endswith("?")
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
        if before in ASKING or words[first].text.lower() in ASKING:
            continue  # "Which valve …", "How many liters …": that is asked for, not about
        if first and before in ARTICLES:
            first -= 1
        elif word.tag == "NN" or (first and words[first - 1].role in ("det", "poss", "predet")):
            continue  # "mission", "their area": that is no name for anybody who does not see the text
        start, end = words[first].start, word.end
        is_of = word.role == "pobj" and words[word.head].text == "of"  # "the diameter of the funnel" is about the funnel
        found.append((is_of, Thing(start, end, question[start:end], word.tag in ("NNS", "NNPS"))))
    return max(found, key=lambda each: (each[0], " " in each[1].text, len(each[1].text)), default=(False, None))[1]


def _belongs(word: Word) -> bool:
    """Return whether a word before a noun describes it."""
    return word.role in ("amod", "compound", "nmod", "npadvmod", "advmod") and word.part in ("ADJ", "NOUN", "PROPN", "VERB")
