"""Choose answers: the self-contained sentences of a passage, definitions first.

A small model asked for question pairs copies the passage into both fields. So the answer is chosen here, by rules on
the text alone, and the model only writes the question.
"""

import re
from dataclasses import dataclass
from typing import Literal

from core.language.english.function_words import (
    DEMONSTRATIVES,
    FINITE_BE,
    HAVE,
    MODALS,
    PRONOUNS,
    QUESTION_WORDS,
    RELATIVES,
    STOP_WORDS,
)
from core.questions.passage_sentences import passage_sentences
from core.records import Passage

Kind = Literal["definition", "fact"]

CITATION = re.compile(r"\s*[(\[][^()\[\]]*\d[^()\[\]]*[)\]](?=[.;,]?\s*$)")
FIGURES = re.compile(r"(?:\b[A-Z]*\d[\w-]*\b[ ,]*(?:\b[A-Z]\w*\b ?)?){4,}")  # leftover page headers and table rows
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’/&.-]*[A-Za-z0-9]|[A-Za-z0-9]")

# First words that refer back to a sentence which readers of the pair will not see.
POINTING = PRONOUNS | DEMONSTRATIVES
POINTING |= frozenset(
    "theirs hers him us such both another others either neither here there then thus hence however therefore moreover "
    "furthermore additionally likewise similarly instead otherwise also but and or nor so yet finally lastly next meanwhile "
    "consequently nevertheless nonetheless some".split()
)
ELSEWHERE = re.compile(
    r"\b(?:see|refer to|as (?:shown|described|listed|noted|discussed|stated) (?:in|above|below|earlier)|as follows"
    r"|the following"
    r"|(?:shown|listed|mentioned|described|discussed) (?:above|below)|the (?:above|below)|previously"
    r"|(?:this|next|preceding|previous) (?:chapter|section|paragraph|page|manual|appendix|publication|figure|table)"
    r"|(?:figure|table) [A-Z]?-?\d"
    r"|intentionally left blank|for (?:example|instance|more information)|in other words|copyright)\b",
    re.IGNORECASE,
)
TERM = r"(?P<term>[A-Za-z][\w’'/&-]*(?: [\w’'/&()-]+){0,6}?)"
QUALITY = "le|ive|al|ent|ant|ful|ous|ar|nt"  # endings of many adjectives
# "… are directives issued by …", "… is support given to …": a category, then what distinguishes the term within it.
KIND = (
    rf"(?!(?:also|often|then|now|\w+(?:{QUALITY}|ed|ly|ing)"
    r"|built|made|held|kept|set|put|sent|known|seen|found)\b)"
    r"(?:[\w-]+,? (?:and |or )?){1,6}"
    r"(?:that|which|who|whose|given|issued|conducted|designed|intended|used to|efforts to)\b"
)
DEFINING = re.compile(
    rf"^(?:(?P<article>The term|The|An|A) )?[\"“']?{TERM}[\"”']?,? "
    r"(?:(?P<verb>is defined as|are defined as|means(?! (?:may|can|must|are|is|to|of)\b)|refers to|refer to|denotes) "
    r"(?P<meaning>.+)|(?P<be>is|are) "
    rf"(?P<body>(?:a|an|the|any|all|one|those|that(?! (?:the|an?|it|they|each|every|all|any)\b)"
    rf"|each|every|to|how|when|where|what|direct)\b.+|{KIND}.+))$",
    re.DOTALL,
)
GLOSSARY_LINE = re.compile(rf"^{TERM}(?::| [–—-]) (?P<body>(?:An?|The|Any|Those|All|One) .+)$", re.DOTALL)
# Before "is", these words make a clause, or a subject that means nothing on its own ("The main reason is …").
NOT_IN_TERM = RELATIVES | DEMONSTRATIVES | QUESTION_WORDS | FINITE_BE | HAVE | MODALS
NOT_IN_TERM |= frozenset("while if because although since unless there it they he she we you be been not or but".split())
VAGUE = frozenset("difference problem reason result fact".split())
EMPTY = frozenset(
    "example result reason point problem fact case difference question thing rest way idea one first step "
    "goal aim purpose objective task".split()
)
ORDINAL = frozenset("first second third last next other main key only best another final ultimate primary".split())


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence worth asking about: characters `start` to `end` of the anonymized text.

    `quote` is exactly that text. `output` is the pair's answer: the quote on one line without a trailing source
    reference or, for a definition, the part after "X is". `term` is the term that a definition defines, with its article
    if it has one, and `verb` the defining verb ("is", "means").
    """

    passage: Passage
    kind: Kind
    quote: str
    start: int
    end: int
    output: str
    term: str
    verb: str
    score: float


def choose_answers(passage: Passage) -> list[Answer]:
    """Return the sentences of `passage` that can stand alone as an answer, best first."""
    answers = [answer for start, end in passage_sentences(passage.text) if (answer := _answer(passage, start, end))]
    return sorted(answers, key=lambda answer: -answer.score)


def content_words(text: str) -> list[str]:
    """Return the meaningful words in lower case, reduced to a rough stem: "Commanders" and "commander" become the same."""
    return [_stem(word) for word in (word.lower() for word in WORD.findall(text)) if word not in STOP_WORDS]


def words(text: str) -> list[str]:
    """Return all words and numbers in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def _stem(word: str) -> str:
    word = re.sub(r"['’]s?$", "", word)
    for ending in ("ingly", "ations", "ation", "ings", "ing", "edly", "ies", "ied", "ed", "es", "ly", "s", "e", "y"):
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= (4 if ending == "ly" else 3):
            return word[: -len(ending)]
    return word


def _answer(passage: Passage, start: int, end: int) -> Answer | None:
    quote = passage.text[start:end]
    line = re.sub(r"\s+", " ", quote)
    line = CITATION.sub("", line)
    spoken = words(line)
    if not _is_self_contained(line, spoken):
        return None
    definition = _definition(line, passage.text)
    if definition is None and (len(spoken) < 7 or len(spoken) > 45 or _points_back(spoken)):
        return None
    term, verb, output = definition or ("", "", line)
    score = _score(line, spoken, passage.heading) + (3.0 if definition else 0.0)
    return Answer(
        passage=passage,
        kind="definition" if definition else "fact",
        quote=quote,
        start=passage.start + start,
        end=passage.start + end,
        output=output,
        term=term,
        verb=verb,
        score=score,
    )


def _is_self_contained(line: str, spoken: list[str]) -> bool:
    """Return whether a line is a whole sentence on its own: no fragment, heading, cross-reference or continuation."""
    if len(spoken) < 5 or line[-1] not in ".!" or not (line[0].isupper() or line[0] in "“\"'" or line[0].isdigit()):
        return False
    if spoken[0] in POINTING or ELSEWHERE.search(line) or FIGURES.search(line) or line.count("(") != line.count(")"):
        return False
    capitals = sum(1 for word in WORD.findall(line)[1:] if word[0].isupper() or word[0].isdigit())
    return capitals <= 0.4 * len(spoken) and not re.search(r"[|_=]{2,}|\.{4,}|http", line)


def _definition(line: str, text: str) -> tuple[str, str, str] | None:
    """Return the term a sentence defines, the defining verb and the definition; None if the sentence defines nothing."""
    match = DEFINING.match(line) or GLOSSARY_LINE.match(line)
    if not match:
        return None
    groups = match.groupdict()
    term, body = groups["term"].strip(" ,“”\"'"), (groups["body"] or groups["meaning"]).strip()
    if not _is_term(term, has_article=bool(groups.get("article"))) or len(words(body)) < 5:
        return None
    article = (groups.get("article") or "").lower()
    if article.endswith("term"):
        article = ""
    elif not article and not _is_proper(term, text):
        term = term[0].lower() + term[1:]
    verb = groups.get("verb") or groups.get("be") or "is"
    if verb == "means" and body.startswith("that "):  # "A red tag means that …" only makes sense as a whole sentence
        return f"{article} {term}".strip(), verb, line
    return f"{article} {term}".strip(), verb, body[0].upper() + body[1:] + ("" if body[-1] in ".!?" else ".")


def _is_term(term: str, *, has_article: bool) -> bool:
    """Return whether `term` names something.

    Clauses, activities ("maintaining records") and empty subjects ("the main reason") do not.
    """
    parts = words(term)
    if not parts or not content_words(term) or parts[-1] in STOP_WORDS or parts[0] in POINTING:
        return False
    is_empty = parts[-1] in EMPTY and (len(parts) == 1 or parts[-2] in ORDINAL)
    is_doing = len(parts) > 1 and parts[0].endswith("ing") and not has_article
    return not (is_empty or is_doing or " and the " in term or (NOT_IN_TERM | VAGUE) & set(parts))


def _points_back(spoken: list[str]) -> bool:
    return bool({"this", "these", "such"} & set(spoken)) or "it" in spoken[:5]


def _is_proper(term: str, text: str) -> bool:
    """Return whether `term` is a name or abbreviation ("ARFOR"), judging by its capitals and those in `text`."""
    first, _, rest = term.partition(" ")
    is_name = first[1:] != first[1:].lower() or any(word[0].isupper() for word in rest.split())
    return is_name or is_name_in(text, first)


def is_name_in(text: str, word: str) -> bool:
    """Return whether `text` writes `word` with its capital inside a sentence, and never in lower case."""
    is_capital = re.search(rf"[a-z,;] {re.escape(word)}\b", text)
    return bool(is_capital) and not re.search(rf"\b{re.escape(word.lower())}\b", text)


def _score(line: str, spoken: list[str], heading: str) -> float:
    """Score how informative a sentence is.

    Numbers, duties and the heading's topic raise the score; a length far from 20 words, semicolons, dashes and parentheses
    lower it.
    """
    score = 0.0
    score += 1.0 if re.search(r"\d", line) else 0.0
    score += (
        0.7
        if {"must", "shall", "should", "requires", "required", "responsible", "ensures", "consists", "includes"}
        & set(spoken)
        else 0.0
    )
    score += 0.5 if set(content_words(heading)) & set(content_words(line)) else 0.0
    score -= abs(len(spoken) - 20) / 20
    score -= 0.3 * (line.count(";") + line.count("—") + line.count("("))
    return score
