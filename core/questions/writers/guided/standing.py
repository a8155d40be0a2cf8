"""Whether a clause means something to somebody who has no text before him: what it names, and what it leaves to the text."""

import re

from core.questions.writers.guided.clause import Clause, Part
from core.questions.writers.guided.meaning import PIECE_OF_A_BOOK, PUBLICATION
from core.questions.writers.guided.nouns import BODIES, is_person_word

EMPTY_NOUNS = frozenset(
    "one example result reason point problem fact case difference question thing rest way idea step element factor aspect "
    "item part type kind information it following number variety range series set array".split()
)
# Nouns that a sentence can only have as its subject alone where another one told of what.
_HANGING = frozenset(
    "risk risks challenge challenges consideration considerations benefit benefits option options task tasks activity "
    "activities attendees requirements examples factors responsibilities advantages disadvantages results effects".split()
)
DEGREES = frozenset(
    "main major primary critical key general common other additional specific important typical possible the".split()
)
# A subject that begins with one of these is one of several, or another sentence told whose it is.
_UNSURE = frozenset(
    "certain others various its their another other some many several one no few most not our his her".split()
)
_OTHERS = frozenset("other others same latter former".split())
_ORDINALS = frozenset("first second third fourth fifth last next previous remaining above consolidated".split())
# Words that tie a clause to the one before it, wherever they stand.
_TYING = frozenset("however therefore thus hence instead otherwise regardless".split())
_TIED = ("back at", "at the same time", "at this point", "at that point", "in particular")
# Commands that send a reader elsewhere, or tell him how to write.
_POINTING_VERBS = frozenset("see refer consult note state remember describe consider ensure mention".split())
# Pieces of a text, and what they do: of the subject itself they say nothing.
_PIECES = frozenset((*PIECE_OF_A_BOOK.split("|"), "annex", "part", "document", "guide", "text"))
_PRESENTING = frozenset(
    "identify describe discuss explain outline list cover address present contain introduce provide conclude begin".split()
)
LIGHT = frozenset("be have do make take use include provide give get".split())
_POINTING = {"it": ("NN", "NNP"), "its": ("NN", "NNP"), "them": ("NNS", "NNPS"), "they": ("NNS", "NNPS")}
_FINITE = ("VBZ", "VBP", "VBD")
LONGEST_SUBJECT = 14  # words


def has_meaning(clause: Clause) -> bool:
    """Return whether a clause says, without the text around it, something of something that it names."""
    if _is_tied(clause) or _may_command(clause) or _is_said_to_act(clause) or _points_outside(clause):
        return False
    if any(_is_torn(clause, part) for part in clause.after):
        return False
    if clause.subject is None:
        return clause.words[clause.verb].lemma not in (LIGHT - {"use", "provide"}) | _POINTING_VERBS
    return _names(clause, clause.subject)


def definite(clause: Clause) -> str | None:
    """Return the noun of a subject that is "the" and it alone, and no role or name: which pump?"""
    subject = clause.subject
    if subject is None or subject.end - subject.start != 2:
        return None
    head = clause.words[subject.head]
    is_known = head.part == "PROPN" or head.text[:1].isupper() or is_person_word(head.text.lower())
    return head.lemma.lower() if clause.first_word(subject) == "the" and not is_known else None


def extent(clause: Clause) -> tuple[int, int]:
    """Return from where to where the words of a clause go (exclusive)."""
    parts = [*clause.before, *clause.after, *([clause.subject] if clause.subject else [])]
    return min([p.start for p in parts] + [clause.verb]), max([p.end for p in parts] + [clause.verb + 1])


def is_hanging(clause: Clause, subject: Part) -> bool:
    """Return whether a subject is a noun like "considerations" alone or with a pale word, and says not of what."""
    described = (clause.words[at].text.lower() for at in range(subject.start, subject.end) if at != subject.head)
    return clause.words[subject.head].text.lower() in _HANGING and set(described) <= DEGREES


def has_hanging_plural(clause: Clause) -> bool:
    """Return whether a clause speaks of "the events" or the like, which only a sentence before it can have named."""
    for part in (*clause.after, *([clause.subject] if clause.subject else [])):
        head = clause.words[part.head]
        is_bare = part.end - part.start == 2 and clause.first_word(part) in ("the", "such")
        if is_bare and head.tag == "NNS" and not is_person_word(head.text.lower()):
            return True
    return False


def has_denial(clause: Clause) -> bool:
    """Return whether a "no" in a clause turns a question around, as in "Does it have no twin?"."""
    return any(clause.words[at].text.lower() in ("no", "none", "nothing", "nobody") for at in range(*extent(clause)))


def says_also(clause: Clause) -> bool:
    """Return whether a clause adds to what the sentence before it told."""
    return any(word.text.lower() in ("also", "additionally") for word in clause.words)


def _names(clause: Clause, subject: Part) -> bool:
    """Return whether a subject names something: no pronoun, no empty noun without a description, no piece of the text."""
    head = clause.words[subject.head]
    if head.part not in ("NOUN", "PROPN") or subject.end - subject.start > LONGEST_SUBJECT:
        return False
    if head.lemma.lower() in EMPTY_NOUNS or is_hanging(clause, subject) or _is_numbered(clause, subject):
        return False
    second = clause.words[min(subject.start + 1, subject.head)].text.lower()
    is_book = head.text.lower().removesuffix("s") in _PIECES or PUBLICATION.match(clause.text(subject)) is not None
    is_piece = is_book and clause.words[clause.verb].lemma in _PRESENTING
    return not is_piece and second not in _OTHERS and clause.first_word(subject) not in _UNSURE


def _is_numbered(clause: Clause, subject: Part) -> bool:
    """Return whether a subject counts what only the text around it lists: "the first three stages"."""
    first, *others = clause.words[subject.start : subject.head] or (clause.words[subject.head],)
    return first.text.lower() == "the" and any(word.text.lower() in _ORDINALS or word.part == "NUM" for word in others[:1])


def _may_command(clause: Clause) -> bool:
    """Return whether the sentence may be a command behind an adverb, which the parser took for something else."""
    first, second = (*clause.words, clause.words[-1])[:2]
    return first.text.lower().endswith("ly") and second.tag in ("VB", "VBP")


def _is_said_to_act(clause: Clause) -> bool:
    """Return whether what is something was taken for somebody doing it: "The considerations are enabling movement"."""
    verb, subject = clause.words[clause.verb], clause.subject
    if verb.tag != "VBG" or subject is None:
        return False
    head = clause.words[subject.head]
    return not (head.part == "PROPN" or is_person_word(head.text.lower()) or head.lemma.lower() in BODIES)


def _points_outside(clause: Clause) -> bool:
    """Return whether "it", "them" or the like stands for what another sentence told: "Crews must bring it along"."""
    parts = [*clause.before, *([clause.subject] if clause.subject else []), *clause.after]
    told = [word for part in parts for word in clause.words[part.start : part.end]]
    for at, word in enumerate(told):
        tags = _POINTING.get(word.text.lower(), ())
        if tags and not any(other.tag in tags or other.role == "conj" for other in told[:at]):
            return True
    return False


def _is_tied(clause: Clause) -> bool:
    """Return whether a clause goes on from the one before it: "becomes more complex", "at the same time, …"."""
    inside = clause.words[slice(*extent(clause))]
    spoken = [word.text.lower() for word in inside]
    text = " ".join(spoken)
    is_more = any(word.tag in ("JJR", "RBR") and word.role != "amod" for word in inside)
    is_compared = is_more and "than" not in spoken and not re.search(r"\bor (?:more|less)\b|\bmore or\b", text)
    is_same = "the same" in text and " as " not in text
    return is_compared or is_same or text.startswith(_TIED) or bool(_TYING & set(spoken))


def _is_torn(clause: Clause, part: Part) -> bool:
    """Return whether a part holds a piece of something else.

    It may be another verb of the subject ("has … and requires …", "a course the unit follows and issues …"), or a list that
    goes on elsewhere ("the time, place").
    """
    words = clause.words
    inside = range(part.start, part.end)
    spoken = {words[at].text for at in inside}
    is_bare = not {"that", "which", "who", "whom"} & spoken
    has_verb = any(
        words[at].tag in _FINITE
        and words[at].role == "conj"
        and (words[words[at].head].tag not in _FINITE or (is_bare and words[words[at].head].role == "relcl"))
        for at in inside
    )
    has_no_noun = part.role == "dobj" and words[part.head].part in ("VERB", "ADJ")  # "may influence | corrupt, disrupt"
    return (
        has_verb
        or has_no_noun
        or (part.role in ("dobj", "attr") and "," in spoken and not {"and", "or", "that", "which", "who", "to"} & spoken)
    )
