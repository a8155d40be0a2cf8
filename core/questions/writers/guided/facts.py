"""Find the facts of a passage that can be asked about, each with its evidence and a question.

A sentence is stripped of source references and what stands in parentheses, parsed, and taken apart into clauses; each part
of a clause that can be asked for is a fact. Facts that a reader could not understand without the text around them, or whose
question would fit many sentences, are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.grammar import Word, parse
from core.questions.passage_sentences import BULLETS, passage_sentences
from core.questions.writers.guided import asking
from core.questions.writers.guided.antecedents import named_sentences
from core.questions.writers.guided.clause import Clause, Part, clauses, inside, stands_alone
from core.questions.writers.guided.gaps import Gap, gaps
from core.questions.writers.guided.listings import item_sentences
from core.questions.writers.guided.meaning import PIECE_OF_A_BOOK, WORD, content, plain
from core.questions.writers.guided.nouns import is_person_word
from core.records import Passage

_UNFIT = re.compile(
    r"[—;|_=©“”\"]|\.{3,}|https?:|^(?:see|refer to|how|what|why|whether|where|who|which|for example|for instance)\b"
    rf"|\b(?:see (?:also )?(?:[A-Z\d]|{PIECE_OF_A_BOOK})|(?:{PIECE_OF_A_BOOK}) [A-Z]?-?\d"
    rf"|(?:this|next|preceding|previous|the) (?:{PIECE_OF_A_BOOK})|as follows|the following|e\.g|i\.e|copyright"
    rf"|(?:shown|listed|mentioned|described|discussed|stated|noted) (?:above|below|earlier|here|in (?:{PIECE_OF_A_BOOK}))"
    r"|the (?:above|below)|for example|for instance|in (?:this|each|any|that|such) cases?|for this reason"
    r"|as a result|provided (?:that )?(?:the|an?|it|they|all|no|their))\b"
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
_NUMBERS_ROW = re.compile(r"(?:\b[A-Z]*\d[\w-]*\b[ ,]*(?:\b[A-Z]\w*\b ?)?){4,}")
_EMPTY_NOUNS = frozenset(
    "one example result reason point problem fact case difference question thing rest way idea step element factor aspect "
    "item part type kind information it following number variety range series set array".split()
)
# Words that say nothing about what they describe.
_PALE = frozenset(
    "specific certain various different particular appropriate necessary relevant important multiple several many own other "
    "key additional role function purpose requirement responsibility activity task process issue matter area need support "
    "effort action capability roles functions purposes requirements responsibilities activities tasks processes issues "
    "matters areas needs efforts actions capabilities".split()
)
# Nouns that a sentence can only have as its subject alone where another one told of what.
_HANGING = frozenset(
    "risk risks challenge challenges consideration considerations benefit benefits option options task tasks activity "
    "activities attendees requirements examples factors responsibilities advantages disadvantages results effects".split()
)
_DEGREES = frozenset(
    "main major primary key general common other additional specific important typical possible the".split()
)
_POINTERS = frozenset("it they them he she him we us this these i".split())
POSSESSIVES = frozenset("its their his her our my your".split())
_LIGHT = frozenset("be have do make take use include provide give get".split())
LONGEST_ANSWER, LONGEST_QUESTION = 25, 32  # words
LONGEST_LAST = 6  # words of a part before the subject that a question may end with; longer ones stay first
SHORTEST, LONGEST = 6, 40  # words of a sentence
SPECIFIC = 3  # meaningful words that a question needs which begins with "what" or "who"
SPECIFIC_SUBJECT = 4  # the same if the question asks for the subject, which many sentences may share
SPECIFIC_OTHERS = 2  # meaningful words that a question needs which begins with "how often", "when" …


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage: characters `start` to `end` of the passage, and its words without what was left out."""

    passage: Passage
    start: int
    end: int
    line: str
    words: tuple[Word, ...]
    is_item: bool  # stands behind a bullet, so that a line above it may say who is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseFact:
    """A part of a clause that can be asked for, and the sentence it stands in."""

    sentence: Sentence
    clause: Clause
    gap: Gap
    is_bare: bool  # whether the question says too little without its topic
    is_definite: bool  # whether it speaks of "the pump", so that it needs its topic if there is one


def read_sentences(passages: Sequence[Passage]) -> Iterator[Sentence]:
    """Yield the sentences of passages that may hold facts, parsed."""
    items, named = list(item_sentences(passages)), list(named_sentences(passages))
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
    text = "\n".join(passage.text for passage in passages)
    for (passage, start, end, line), words in zip(wanted, parse(line for *_, line in wanted), strict=True):
        yield Sentence(
            passage=passage,
            start=start,
            end=end,
            line=line,
            words=inside(words, text),
            is_item=_is_item(passage.text, start),
        )


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of sentences whose beginning is there, and of the two that "; however," joins to one."""
    for start, end in passage_sentences(text):
        if not text[start].islower():
            ends = [match.start() for match in _JOINT.finditer(text, start, end)]
            yield from zip([start, *(at + 1 for at in ends)], [*ends, end], strict=True)


def _is_item(text: str, start: int) -> bool:
    return bool(re.search(rf"[{BULLETS}]\s*$", text[max(0, start - 4) : start]))


_JOINT = re.compile(r";(?= (?:however|therefore|thus|consequently|additionally|furthermore|moreover|likewise), )")
_ALTERNATIVE = re.compile(r"[(\[](?:or|and|not|but|except|unless|only|if|when) ")


def _is_fit(line: str) -> bool:
    count = len(WORD.findall(line))
    if not SHORTEST <= count <= LONGEST or line[-1] not in ".!" or not line[0].isalnum():
        return False
    capitals = sum(word[0].isupper() for word in WORD.findall(line)[1:])
    is_unfit = any(pattern.search(line) for pattern in (_UNFIT, _GLUED, _NUMBERS_ROW, _PERSON))
    return not is_unfit and capitals <= 0.4 * count


def clause_facts(sentence: Sentence) -> list[ClauseFact]:
    """Return the facts of a sentence, the most telling of each clause first."""
    facts = []
    for clause in telling_clauses(sentence):
        for gap in gaps(clause):
            if _is_told(clause, gap):
                is_bare, is_definite = _says(clause, gap) < _least(clause, gap), _is_definite(clause)
                facts.append(ClauseFact(sentence=sentence, clause=clause, gap=gap, is_bare=is_bare, is_definite=is_definite))
    return facts


def telling_clauses(sentence: Sentence) -> Iterator[Clause]:
    """Yield the clauses of a sentence that mean something without the text around them."""
    for clause in clauses(sentence.words):
        is_for_anybody = sentence.is_item and (clause.subject is None or clause.words[0].tag == "VBG")
        if stands_alone(clause.words, *_extent(clause)) and _has_meaning(clause) and not is_for_anybody:
            yield clause


def _is_definite(clause: Clause) -> bool:
    """Return whether the subject is "the" and one noun that names no role or name: which pump?"""
    subject = clause.subject
    if subject is None or subject.end - subject.start != 2:
        return False
    head = clause.words[subject.head]
    is_known = head.part == "PROPN" or head.text[:1].isupper() or is_person_word(head.text.lower())
    return clause.first_word(subject) == "the" and not is_known


def _extent(clause: Clause) -> tuple[int, int]:
    parts = [*clause.before, *clause.after, *([clause.subject] if clause.subject else [])]
    return min([p.start for p in parts] + [clause.verb]), max([p.end for p in parts] + [clause.verb + 1])


def _has_meaning(clause: Clause) -> bool:
    """Return whether the subject names something: no pronoun, no empty noun without a description."""
    subject = clause.subject
    if subject is None:
        return clause.words[clause.verb].lemma not in _LIGHT - {"use", "provide"}
    head = clause.words[subject.head]
    if head.part not in ("NOUN", "PROPN"):
        return False
    if subject.end - subject.start > 14 or head.lemma.lower() in _EMPTY_NOUNS:
        return False
    if is_hanging(clause, subject):
        return False
    first = clause.first_word(subject)
    return first not in (
        "its",
        "their",
        "another",
        "other",
        "some",
        "many",
        "several",
        "one",
        "no",
        "few",
        "most",
        "not",
        "our",
        "his",
        "her",
    )


def is_hanging(clause: Clause, subject: Part) -> bool:
    """Return whether a subject is a noun like "considerations" alone or with a pale word, and says not of what."""
    described = (clause.words[at].text.lower() for at in range(subject.start, subject.end) if at != subject.head)
    return clause.words[subject.head].text.lower() in _HANGING and set(described) <= _DEGREES


def _is_told(clause: Clause, gap: Gap) -> bool:
    """Return whether question and answer say enough, and not too much."""
    question = open_question(clause, gap)
    is_shown = gap.kind != "fact" or _is_answer(gap.answer)
    if not content(gap.answer) or not is_shown or len(WORD.findall(gap.answer)) > LONGEST_ANSWER:
        return False
    if _has_hanging_plural(clause) or len(WORD.findall(question)) > LONGEST_QUESTION:
        return False
    spoken = {word.lower() for word in WORD.findall(question)}
    if gap.kind == "condition" and not gap.asks_predicate and len(WORD.findall(gap.answer)) < 4:
        return False
    if spoken & _POINTERS or (gap.part == clause.subject and spoken & POSSESSIVES):
        return False
    return _says(clause, gap) >= SPECIFIC_OTHERS and not set(content(gap.answer)) <= set(content(question))


def _least(clause: Clause, gap: Gap) -> int:
    if gap.part == clause.subject:
        return SPECIFIC_SUBJECT
    return SPECIFIC if gap.kind == "fact" else SPECIFIC_OTHERS


def _says(clause: Clause, gap: Gap) -> int:
    """Return how many meaningful words a question has besides its question word."""
    return len(set(content(open_question(clause, gap))) - set(content(gap.opening)) - _LIGHT)


def _has_hanging_plural(clause: Clause) -> bool:
    """Return whether a clause speaks of "the events" or the like, which only a sentence before it can have named."""
    for part in (*clause.after, *([clause.subject] if clause.subject else [])):
        head = clause.words[part.head]
        is_bare = part.end - part.start == 2 and clause.first_word(part) in ("the", "such")
        if is_bare and head.tag == "NNS" and not is_person_word(head.text.lower()):
            return True
    return False


def _is_answer(answer: str) -> bool:
    """Return whether an answer names something: not "several things", "no idea", "the plan" or "their own"."""
    words, meaning = [word.lower() for word in WORD.findall(answer)], content(answer)
    if (
        not meaning
        or len(words) > LONGEST_ANSWER
        or words[0] in POSSESSIVES | {"no", "not", "several", "some", "many", "any"}
    ):
        return False
    is_name = re.search(r"[A-Z0-9]", answer[1:]) is not None or is_person_word(meaning[0])
    return (len(meaning) > 1 or is_name) and not set(meaning) <= _EMPTY_NOUNS | _PALE


def open_question(clause: Clause, gap: Gap, *, is_turned: bool = False) -> str:
    """Return the question with its question word first or, turned, with its condition first."""
    if gap.asks_predicate:
        return _predicate_question(clause, gap.part, is_first=is_turned)
    lead = [part for part in clause.before if part != gap.part and stays_first(clause, part)]
    return asking.ask(clause, gap.opening, gap=gap.part, end=gap.end, lead=lead)


def stays_first(clause: Clause, part: Part) -> bool:
    """Return whether a part before the subject cannot stand last: it is long, or a participle that describes the subject."""
    is_participle = part.role == "advcl" and clause.words[part.start].tag in ("VBG", "VBN")
    return is_participle or part.end - part.start > LONGEST_LAST


def _predicate_question(clause: Clause, condition: Part, *, is_first: bool) -> str:
    text = clause.text(condition)
    if clause.subject is None:
        question = "what should you do"
    else:
        question = f"what {clause.words[clause.auxiliaries[0]].text.lower()} {clause.text(clause.subject)} do"
    return asking.tidy(f"{text}, {question}" if is_first else f"{question} {text}") + "?"
