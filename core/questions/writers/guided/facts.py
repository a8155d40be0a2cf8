"""Find the facts of a passage that can be asked about, each with its evidence and a question.

A sentence is stripped of source references and what stands in parentheses, parsed, and taken apart into clauses; each part
of a clause that can be asked for is a fact. Facts that a reader could not understand without the text around them, or whose
question would fit many sentences, are left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import COMMON_PREPOSITIONS, DEMONSTRATIVES
from core.language.grammar import Word, parse
from core.questions.passage_sentences import BULLETS, passage_sentences
from core.questions.writers.guided import standing, telling
from core.questions.writers.guided.antecedents import named_sentences
from core.questions.writers.guided.clause import Clause, clauses, inside, stands_alone
from core.questions.writers.guided.gaps import Gap, gaps
from core.questions.writers.guided.listings import item_sentences
from core.questions.writers.guided.meaning import PIECE_OF_A_BOOK, RUN_ON, WORD, plain, spellings_of
from core.records import Passage

_UNFIT = re.compile(
    rf"[—;|_=©“”\"{BULLETS}]|\.{{3,}}| - |https?:"
    r"|^(?:see|refer to|how|what|why|whether|where|who|which|for example|for instance)\b"
    rf"|\b(?:see (?:also )?(?:[A-Z\d]|{PIECE_OF_A_BOOK})|(?:{PIECE_OF_A_BOOK}) [A-Z]?-?\d"
    rf"|(?:this|next|preceding|previous|the) (?:{PIECE_OF_A_BOOK})|as follows|the following|e\.g|i\.e|copyright"
    rf"|(?:shown|listed|mentioned|described|discussed|stated|noted) (?:above|below|earlier|here|in (?:{PIECE_OF_A_BOOK}))"
    r"|the (?:above|below)|for example|for instance|for this reason"
    rf"|in (?:{'|'.join(DEMONSTRATIVES)}|each|any|such|either|both|all other) (?:cases?|situations?|events?)"
    rf"|(?:{'|'.join(COMMON_PREPOSITIONS)}), \w+ing"
    r"|in (?:a )?similar (?:fashion|manner)|(?:it|them)sel(?:f|ves)|as a result"
    r"|provided (?:that )?(?:the|an?|it|they|all|no|their))\b"
    # several things told by question words, of which one alone looks like a condition: "what it is, when it ends, and who …"
    r"|, (?:when|where|who|how|why) .+(?:, and|, or) (?:when|where|who|how|why|what)\b",
    re.IGNORECASE,
)
# A heading or page header that ran into the sentence.
_GLUED = re.compile(r"\b[A-Z]{7,}\b(?! [a-z])|\b(?:Appendix|Chapter|Figure|Table) [A-Z\d]|\b[A-Z]?\d*-\d+\.\s?[A-Z]")
# Somebody with a name: of people who are invented as examples, or stand for those that were masked, nothing is asked.
_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|PFC|SPC|CPL|SGT|SSG|SFC|MSG|1SG|SGM|CSM|WO1|CW[2-5]|[12]LT|CPT|MAJ|LTC|COL|BG|MG|LTG|GEN)\.? "
    r"[A-Z][a-z]+\b"
)
_TWICE = re.compile(r"\b(\w{3,}) \1\b", re.IGNORECASE)  # the same, or a slip
_NUMBERS_ROW = re.compile(r"(?:\b[A-Z]*\d[\w-]*\b[ ,]*(?:\b[A-Z]\w*\b ?)?){4,}")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
SHORTEST, LONGEST = 6, 40  # words of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage: characters `start` to `end` of the passage, and its words without what was left out."""

    passage: Passage
    start: int
    end: int
    line: str
    words: tuple[Word, ...]
    is_item: bool  # stands behind a bullet, so that a line above it may say who is meant
    is_listed: bool  # was put together from a line and one of several items below it, each of which answers it as well


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseFact:
    """A part of a clause that can be asked for, and the sentence it stands in."""

    sentence: Sentence
    clause: Clause
    gap: Gap
    is_bare: bool  # whether the question says too little without its topic
    is_thin: bool  # whether it is better asked with its topic
    definite: str | None  # what its subject calls "the pump" or the like, so that it needs a topic which names it
    occasion: str | None  # what it calls "the meeting" or the like, so that it needs a topic which names it


def read_sentences(passages: Sequence[Passage]) -> Iterator[Sentence]:
    """Yield the sentences of passages that may hold facts, parsed."""
    items, named = list(item_sentences(passages)), list(named_sentences(passages))
    listed = {(item.passage.id, item.start, item.end) for item in items}
    told = {(item.passage.id, item.item_start) for item in items} | {(each.passage.id, each.own_start) for each in named}
    wanted = [
        (passage, start, end, plain(passage.text[start:end]) + "." * (passage.text[end : end + 1] == ";"))
        for passage in passages
        for start, end in _sentences(passage.text)
        if (passage.id, start) not in told
        and not _ALTERNATIVE.search(passage.text, start, end)  # what stands in parentheses cannot be left out
    ]
    wanted += [(each.passage, each.start, each.end, each.line) for each in named]
    wanted += [(item.passage, item.start, item.end, plain(item.sentence)) for item in items]
    wanted = [each for each in wanted if _is_fit(each[3])]
    spellings = spellings_of(tuple(passage.text for passage in passages))
    read = list(zip(wanted, parse(line for *_, line in wanted), strict=True))
    stories = _told_as_stories(read)
    for (passage, start, end, line), words in read:
        if (passage.id, start) not in stories:
            yield Sentence(
                passage=passage,
                start=start,
                end=end,
                line=line,
                words=inside(words, spellings),
                is_item=_is_item(passage.text, start),
                is_listed=(passage.id, start, end) in listed,
            )


_Line = tuple[Passage, int, int, str]


def _told_as_stories(read: Sequence[tuple[_Line, tuple[Word, ...]]]) -> set[tuple[str, int]]:
    """Return passage and start of the sentences that tell what once happened in passages that say how things are.

    They are examples, of which only the text around them says whose. Elsewhere those that name nobody are left out as well.
    Those with a year stand for themselves.
    """
    past: defaultdict[str, list[bool]] = defaultdict(list)
    for (passage, *_), words in read:
        past[passage.id].append(_is_past(words))
    return {
        (passage.id, start)
        for (passage, start, _, line), words in read
        if _is_past(words)
        and not _YEAR.search(line)
        and (sum(past[passage.id]) <= len(past[passage.id]) / 2 or not any(word.tag == "NNP" for word in words[1:]))
    }


def _is_past(words: Sequence[Word]) -> bool:
    """Return whether the main verb of a sentence is in the past, or says what somebody would do."""
    root = next((at for at, word in enumerate(words) if word.head == at), 0)
    verbs = [word for word in words if word.head == root and word.role in ("aux", "auxpass")] or [words[root]]
    return verbs[0].tag == "VBD" or verbs[0].text.lower() == "would"


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of sentences whose beginning is there, and of the two that "; however," joins to one."""
    for start, end in passage_sentences(text):
        if not text[start].islower():
            ends = [match.start() for match in _JOINT.finditer(text, start, end)]
            yield from zip([start, *(at + 1 for at in ends)], [*ends, end], strict=True)


def _is_item(text: str, start: int) -> bool:
    return bool(re.search(rf"[{BULLETS}]\s*$", text[max(0, start - 4) : start]))


_JOINT = re.compile(r";(?= (?:however|therefore|thus|consequently|additionally|furthermore|moreover|likewise), )")
# What limits or changes the words before it, and no abbreviation or reference: "(or the deputy)", "(support)".
_ALTERNATIVE = re.compile(r"[(\[](?:(?:or|and|not|but|except|unless|only|if|when|as|for) |[a-z]+(?: [a-z]+)?[)\]])")


def _is_fit(line: str) -> bool:
    count = len(WORD.findall(line))
    if not SHORTEST <= count <= LONGEST or line[-1] not in ".!" or not line[0].isalnum():
        return False
    if _TWICE.search(line):
        return False
    capitals = sum(word[0].isupper() for word in WORD.findall(line)[1:])
    is_unfit = any(pattern.search(line) for pattern in (_UNFIT, _GLUED, RUN_ON, _NUMBERS_ROW, _PERSON))
    return not is_unfit and capitals <= 0.4 * count


def clause_facts(sentence: Sentence) -> list[ClauseFact]:
    """Return the facts of a sentence, the most telling of each clause first."""
    return [
        ClauseFact(
            sentence=sentence,
            clause=clause,
            gap=gap,
            is_bare=telling.is_bare(clause, gap),
            is_thin=telling.is_thin(clause, gap),
            definite=standing.definite(clause),
            occasion=telling.occasion(clause, gap),
        )
        for clause in telling_clauses(sentence)
        for gap in gaps(clause)
        if telling.is_told(clause, gap) and not (sentence.is_listed and gap.kind == "fact" and gap.part != clause.subject)
    ]


def telling_clauses(sentence: Sentence) -> Iterator[Clause]:
    """Yield the clauses of a sentence that mean something without the text around them."""
    for clause in clauses(sentence.words):
        is_for_anybody = sentence.is_item and (clause.subject is None or clause.words[0].tag == "VBG")
        if stands_alone(clause.words, *standing.extent(clause)) and standing.has_meaning(clause) and not is_for_anybody:
            yield clause
