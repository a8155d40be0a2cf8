"""Definitions of a passage as facts: a term and what it means, found by patterns.

A parser takes a later verb for the main one in long definitions, so patterns find more (docs/decisions/questions.md).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import (
    COMMON_PREPOSITIONS,
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
from core.questions.writers.guided.asking import lower_first, tidy
from core.questions.writers.guided.meaning import (
    NUMBER_WORD,
    PIECE_OF_A_BOOK,
    PRAISE,
    PUBLICATION,
    PURPOSES,
    RUN_ON,
    content,
    is_name_in,
    words,
)
from core.questions.writers.guided.telling import POSSESSIVES
from core.questions.writers.guided.topics import Topic
from core.questions.writers.guided.wording import WordedFact, Wording, in_topic, with_topic, worded_facts
from core.questions.writers.writer import Excerpt
from core.records import Passage

CITATION = re.compile(r"\s*[(\[][^()\[\]]*\d[^()\[\]]*[)\]](?=[.;,]?\s*$)")
FIGURES = re.compile(r"(?:\b[A-Z]*\d[\w-]*\b[ ,]*(?:\b[A-Z]\w*\b ?)?){4,}")  # leftover page headers and table rows

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
    rf"|(?:this|next|preceding|previous) (?:{PIECE_OF_A_BOOK})"
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
    rf"^(?:(?P<article>The term|The|An|A) )?(?:[Ee]xpanded )?(?:[Dd]efinition of )?[\"“']?{TERM}[\"”']?,? "
    r"(?:(?P<verb>is defined as|are defined as|means(?! (?:may|can|could|might|must|should|will|are|is|to|of|include)\b)"
    r"|refers to|refer to|denotes) "
    r"(?P<meaning>.+)|(?P<be>is|are) "
    rf"(?P<body>(?:a|an|the|any|all|one|those(?! that\b)|that(?! (?:the|an?|it|they|each|every|all|any)\b)"
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
# Before a noun, these make it one of several: "the first step", "the most common".
RANKING = frozenset("as most important less more".split())
# What something has, or what somebody chooses, under no name of its own: "Stinger components", "a less desirable option".
UNNAMED = frozenset("components strengths weaknesses consideration considerations solution option challenge intent".split())
# "Inherent in command", "non-dedicated", "the quickest solution", and the label of a figure.
OTHER_WORDS = re.compile(
    rf"^\w+(?:{QUALITY}|ed) (?:{'|'.join(sorted(COMMON_PREPOSITIONS))})\b|^\S+ed$|^\w+est |ly$"
    r"|(?:element|part|aspect)s? of the |\b(\w\w\w+) \1\b|^[A-Z]+\d+$",
    re.IGNORECASE,
)
LONGEST_TERM = 6  # words
_TOLD_BY_MEANS = re.compile(
    r"(?:an?|the|any|all|one|those|that|each|every|no|to|when|how|where|what|\w+ing|\w+ of)\b", re.IGNORECASE
)
# What a term is only a piece of, or whose, which says nothing of itself unless a clause goes on to tell it apart.
PIECE_OF_SOMETHING = re.compile(
    r"An? (?:\w+ )?(?:sub-?\w+|component|part|portion|piece|function|aspect|member|element|feature|measure|indication"
    r"|kind|type|result) (?:of|for)\b|(?:One|Two|Three) (?:\w+ )?(?:aspect|concept|element|part)s? (?:of|that|which)\b"
    r"|The (?:\w+ ){0,2}\w+[’']s "
)
TELLING_APART = re.compile(r"\b(?:that|which|where|who|whose|used|intended|designed|designated)\b")
UNENDING = re.compile(r"(?:An?|The) (?:proactive|continuous|interactive|ongoing) process\b(?! of| by| in| that)")
# A second sentence that "and" joins to a definition: ", and it is used wherever …".
JOINED = re.compile(
    r",? and (?:it|they|he|she|one|this|is|are) .*|, and (?:the|its|their) [\w -]{2,40} (?:\w+s|are|have|do) .*", re.DOTALL
)
APART = re.compile(r"\b(?:that|which|who|whose|of|for|by|to|in|from|with|between|\w+ed|\w+ing)\b")
# "The primary purpose of the Army is to …" says what the purpose is, not what the words mean.
AIM = re.compile(rf"(?:the )?(?:{NUMBER_WORD}|\d+) |the (?:\w+ )?(?:{'|'.join(sorted(PURPOSES))}|basis|focus|key) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A term, with its article if it has one, and its meaning: characters `start` to `end` of the passage's text."""

    passage: Passage
    start: int
    end: int
    term: str
    meaning: str
    verb: str  # "is", "are", "means" …

    @property
    def name(self) -> str:
        """Return the term without its article."""
        return re.sub(r"^(?:an?|the) | \([^)]*\)?", "", self.term)


def definitions(passages: Sequence[Passage]) -> Iterator[Definition]:
    """Yield the definitions in passages, in the order of the text."""
    for passage in passages:
        for start, end in passage_sentences(passage.text):
            line = CITATION.sub("", re.sub(r"\s+", " ", passage.text[start:end]))
            found = _definition(line, passage.text) if _is_self_contained(line) else None
            if found and _distinguishes(*found):
                term, verb, meaning = found
                meaning = JOINED.sub("", meaning.rstrip(".")) + "."
                yield Definition(passage=passage, start=start, end=end, term=term, meaning=meaning, verb=verb)


def is_plain(definition: Definition) -> bool:
    """Return whether "What is X?" asks for it; a term that may be a verb, or is called so in the plural, must be quoted."""
    term, name = definition.term, definition.name
    be = "are" if definition.verb in ("are", "are defined as") else "is"
    is_word = term == name and (" " not in term or (be == "is" and not _needs_no_article(term)))
    is_said = definition.verb in ("means", "refers to", "refer to", "denotes")
    return not is_word and not is_said and not definition.meaning.startswith(("That ", "To "))


def _needs_no_article(term: str) -> bool:
    """Return whether a term is a name or abbreviation, or something that is not counted: "force projection"."""
    return term.lower() != term or re.search(r"(?:ing|[st]ion|ment|ity|[ae]nce|ship|ism|ics)$", term) is not None


def whole(definition: Definition) -> str:
    """Return the definition as a sentence with its term."""
    return tidy(f"{definition.term} {definition.verb} {lower_first(definition.meaning)}")


def _is_self_contained(line: str) -> bool:
    """Return whether a line is a whole sentence on its own: no fragment, heading, cross-reference or continuation."""
    spoken = words(line)
    if len(spoken) < 5 or line[-1] not in ".!" or not (line[0].isupper() or line[0] in "“\"'" or line[0].isdigit()):
        return False
    if (
        spoken[0] in POINTING
        or ELSEWHERE.search(line)
        or RUN_ON.search(line)
        or FIGURES.search(line)
        or line.count("(") != line.count(")")
    ):
        return False
    capitals = sum(1 for word in re.findall(r"[A-Za-z0-9][\w’'/-]*", line)[1:] if word[0].isupper() or word[0].isdigit())
    return capitals <= 0.4 * len(spoken) and not re.search(r"[|_=]{2,}|\.{4,}|http", line)


def _distinguishes(term: str, verb: str, meaning: str) -> bool:
    """Return whether a meaning says what sets the term apart, rather than naming another thing ("the area plan")."""
    if (
        AIM.match(f"{term} ")
        or PRAISE.match(meaning)
        or UNENDING.match(meaning)
        or (PIECE_OF_SOMETHING.match(meaning) and not TELLING_APART.search(meaning))
        or (term.startswith(("a ", "an ", "the ")) and meaning.startswith("To "))
        or (verb == "are" and meaning.count(";") > 1)
        or (verb == "are" and " and " in term)
        or re.match(r"(?:an? |the )?\w+ly ", term)
        or len(term.split()) > LONGEST_TERM
    ):
        return False
    is_definite = verb in ("is", "are") and re.match(r"(?:The|All|One|Any) ", meaning) is not None
    return not is_definite or APART.search(meaning) is not None


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
    if verb == "means" and not groups.get("article") and not _TOLD_BY_MEANS.match(body):
        return None  # "Administrative means convey …"
    if verb == "means" and body.startswith("that "):  # "A red tag means that …" only makes sense as a whole sentence
        return f"{article} {term}".strip(), verb, line
    return f"{article} {term}".strip(), verb, body[0].upper() + body[1:] + ("" if body[-1] in ".!?" else ".")


def _is_term(term: str, *, has_article: bool) -> bool:
    """Return whether `term` names something.

    Clauses, activities ("maintaining records") and empty subjects ("the main reason") do not.
    """
    parts = words(term)
    if not parts or not content(term) or parts[-1] in STOP_WORDS or parts[0] in POINTING or PUBLICATION.search(term):
        return False
    if parts[-1] in UNNAMED or parts[0] in RANKING | STOP_WORDS or OTHER_WORDS.search(term):
        return False
    is_counted = parts[0] in ORDINAL and (len(parts) == 1 or parts[1] in EMPTY)
    is_empty = is_counted or (parts[-1] in EMPTY and (len(parts) == 1 or parts[-2] in ORDINAL))
    is_doing = len(parts) > 1 and parts[0].endswith("ing") and not has_article
    return not (is_empty or is_doing or " and the " in term or (NOT_IN_TERM | VAGUE) & set(parts))


def _is_proper(term: str, text: str) -> bool:
    """Return whether `term` is a name or abbreviation ("ARFOR"), judging by its capitals and those in `text`."""
    first, _, rest = term.partition(" ")
    is_name = first[1:] != first[1:].lower() or any(word[0].isupper() for word in rest.split())
    return is_name or is_name_in(text, first)


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Return the definitions of excerpts in several wordings."""
    found = list(definitions([excerpt.passage for excerpt in excerpts]))

    def wordings(each: Definition, topic: Topic | None) -> Iterator[Wording]:
        before = found[: found.index(each)]
        return definition_wordings(each, topic, twin=next((one for one in reversed(before) if _differs(one, each)), None))

    return worded_facts(found, excerpts, "definition", wordings)


def _differs(one: Definition, other: Definition) -> bool:
    """Return whether two definitions are of different things, neither of which names the other, nor says "their"."""
    if POSSESSIVES & set(words(one.meaning)):
        return False
    return one.name.lower() not in other.meaning.lower() and other.name.lower() not in f"{one.name} {one.meaning}".lower()


def definition_wordings(definition: Definition, topic: Topic | None, *, twin: Definition | None) -> Iterator[Wording]:
    """Yield the wordings of a definition, in both directions; `twin` is a definition of another term."""
    plain = list(_plain_wordings(definition, twin=twin))
    if topic and re.fullmatch(r"[a-z]+", definition.name):  # an everyday word, which means something else in other fields
        yield from (wording for each in plain for wording in in_topic(topic, each))
        return
    yield from plain[:4]
    yield from with_topic(topic, f"What is the meaning of “{definition.name}”?", definition.meaning)
    yield from plain[4:]


def _plain_wordings(definition: Definition, *, twin: Definition | None) -> Iterator[Wording]:
    term, name, meaning = definition.term, definition.name, definition.meaning
    be = "are" if definition.verb in ("are", "are defined as") else "is"
    quoted = f"What does the term “{name}” mean?"
    yield Wording(name="open", question=f"What {be} {term}?" if is_plain(definition) else quoted, answer=meaning)
    turned = quoted if is_plain(definition) else f"How is “{name}” defined?"
    yield Wording(name="turned", question=turned, answer=meaning)
    yield Wording(name="request", question=f"Define “{name}”.", answer=meaning)
    told = lower_first(meaning.rstrip("."))
    yield Wording(name="reverse", question=f"Which term means “{told}”?", answer=tidy(term) + ".")
    yield Wording(name="request", question=f"Give the definition of “{name}”.", answer=meaning)
    yield Wording(name="turned", question=f"What is meant by “{name}”?", answer=meaning)
    if twin is not None:
        other = lower_first(twin.meaning.rstrip("."))
        yield Wording(name="no", question=f"Does “{name}” mean “{other}”?", answer=f"No. {whole(definition)}")
    yield Wording(name="request", question=f"Explain what “{name}” means.", answer=meaning)
