"""What the parser says of a question: whether it is whole.

The parser is unsure about questions, and takes a verb for a noun now and then ("What do planners compare?"). So most rules
look at the order of words and ask what a word can be; its grammar decides only where that is reliable.
"""

from collections.abc import Sequence

from core.language.english.dictionary import english_verbs
from core.language.english.function_words import BE, DO, FINITE_BE, HAVE, MODALS
from core.language.grammar import Word

_OPENING = frozenset({"WP", "WRB", "WDT", "WP$"})  # tags of question words
_NOMINAL = frozenset({"NOUN", "PROPN", "PRON", "NUM"})
_CAN_BE_NOMINAL = _NOMINAL | {"ADJ", "VERB"}  # "What does a subordinate brief?", "Where must care be taken?"
_AFTER_SUBJECT = frozenset({"both", "all", "each"})  # "What do the two both include?"
_FINITE = frozenset({"VBZ", "VBP", "VBD", "MD"})
_BEFORE_A_NOUN = frozenset({"DT", "IN", "PRP$", "CC", "POS"})
# Verbs whose participle is their base form: "How is the valve set?" is sound.
_UNCHANGED = frozenset(
    "set cut put read shut hit let cast spread split cost hurt run become come overcome broadcast forecast offset reset "
    "input output beat burst bid quit rid shed thrust upset".split()
)


def is_whole_question(words: Sequence[Word]) -> bool:
    """Return whether a question has a verb, a subject where one is due, and nothing that dangles."""
    start = next((number for number, word in enumerate(words) if word.tag in _OPENING), None)
    if start is None or not any(word.part in ("VERB", "AUX") for word in words):
        return start is None  # "Is the valve open?" and requests are judged by cheaper rules
    if words[0].part in ("AUX", "VERB") or words[0].tag == "MD":
        return True  # "Can you tell me what fires are?" ends with "are"
    helper = _helping_verb(words, start)
    if helper is None:
        return not _dangles(words)
    asked = words[helper].text.lower()
    rest = [word for word in words[helper + 1 :] if word.part != "PUNCT"]
    has_subject_before = helper - start > 1 or words[start].tag in ("WP", "WDT")
    if asked in DO:
        return _has_subject_and_verb(rest) and _agrees(asked, rest) and not _dangles(words)
    if asked in MODALS:
        starts_with_verb = bool(rest) and _can_be_base(rest[0]) and has_subject_before
        return (starts_with_verb or _has_subject_and_verb(rest)) and not _dangles(words)
    return not _takes_base_form(words, helper) and _agrees(asked, rest) and not _dangles(words)


def _helping_verb(words: Sequence[Word], start: int) -> int | None:
    """Return the place of "do", "be", "have" or a modal where one comes after the question word: "How often must …"."""
    for place in range(start + 1, min(start + 6, len(words))):
        word = words[place]
        if word.text.lower() in (DO - {"done"}) | MODALS | FINITE_BE | HAVE:
            return place
        if word.tag in _FINITE or word.part == "PUNCT":
            return None
    return None


def _can_be_base(word: Word) -> bool:
    plain = word.text.lower()
    return word.tag == "VB" or plain in english_verbs() or plain in ("be", "have", "do")


def _has_subject_and_verb(rest: Sequence[Word]) -> bool:
    """Return whether a subject comes first and then the base form of a verb: "(do) planners compare"."""
    for place in range(1, len(rest)):
        subject = list(rest[:place])
        while len(subject) > 1 and (subject[-1].part in ("ADV", "PART") or subject[-1].text.lower() in _AFTER_SUBJECT):
            del subject[-1]
        if not _can_be_base(rest[place]) or subject[-1].tag in _BEFORE_A_NOUN:
            continue
        if subject[0].tag in ("IN", "CC", "TO", "MD") or subject[0].role == "mark":
            return False
        if subject[-1].part in _CAN_BE_NOMINAL or subject[-1].text[0].isupper():
            return True
    return False


def _agrees(helper: str, rest: Sequence[Word]) -> bool:
    """Return False for "does commanders" and "is the steps"; names and sciences ("logistics") have forms of their own."""
    subject = next((word for word in rest if word.role in ("nsubj", "nsubjpass")), None)
    if not rest or subject is None:
        return True
    if helper == "do" and rest[0].text.lower() in ("a", "an") and subject.tag == "NN":
        return False
    is_plural = (
        subject.tag == "NNS" and subject.text.islower() and not subject.text.endswith(("ics", "ss", "means", "series"))
    )
    is_first = rest[0] is subject and helper == "does"
    follows_article = rest[0].text.lower() == "the" and helper in ("does", "is", "was") and subject in rest[1:2]
    is_joined = any(word.tag == "CC" and rest[max(0, place - 1)] is subject for place, word in enumerate(rest))
    return not (is_plural and (is_first or follows_article) and not is_joined)


def _takes_base_form(words: Sequence[Word], helper: int) -> bool:
    """Return whether "be" helps a verb that is no participle: "When are the batteries recharge?"."""
    if words[helper].text.lower() not in BE or words[helper].role not in ("aux", "auxpass"):
        return False
    main = words[words[helper].head]
    if main.tag not in ("VB", "VBP", "VBZ") or main.text.lower() in _UNCHANGED or main.text.lower() not in english_verbs():
        return False
    return not any(word.tag in ("VBN", "VBG", "VBD", "JJ") for word in words[words[helper].head + 1 :])


def _dangles(words: Sequence[Word]) -> bool:
    return _ends_with_be(words) or any(_joins_nothing(words, place) for place in range(len(words)))


def _ends_with_be(words: Sequence[Word]) -> bool:
    """Return whether a form of "be" comes last and no clause before it explains that: "How many are?"."""
    last = next((word for word in reversed(words) if word.part != "PUNCT"), None)
    is_late = sum(word.tag in _OPENING for word in words) > 1 or any(word.role == "mark" for word in words)
    return last is not None and last.text.lower() in FINITE_BE and not is_late


def _joins_nothing(words: Sequence[Word], place: int) -> bool:
    """Return whether "and" joins a noun and a bare verb, or nothing: "the order, and provide?"."""
    word = words[place]
    if word.tag != "CC" or place == 0:
        return False
    after = next((other for other in words[place + 1 :] if other.part not in ("ADV",)), None)
    if after is None or after.part == "PUNCT" and after.text in ("?", "."):
        return True
    is_last = words[min(words.index(after) + 1, len(words) - 1)].text == "?"
    joined = words[after.head] if after.role == "conj" else None
    return is_last and after.tag == "VB" and joined is not None and joined.part in _NOMINAL


def stranded_with(words: Sequence[Word]) -> bool:
    """Return whether the question ends in "with" after an object: "What does the crew clean the filter with?".

    Sound where the text says with what it is done, and else a sign of a phrase that was torn apart.
    """
    inner = [(place, word) for place, word in enumerate(words) if word.part != "PUNCT"]
    if not inner or inner[-1][1].text.lower() != "with":
        return False
    verb = inner[-1][1].head
    return any(word.role in ("dobj", "attr") and word.head == verb and word.tag not in _OPENING for _, word in inner)
