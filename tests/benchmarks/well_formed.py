"""Whether a question is well formed, judged by a parser and apart from the rules that write questions."""

import re
from collections.abc import Iterable, Iterator, Sequence

from core.language.grammar import Word, parse

_LEAD = re.compile(r"^(?:Regarding|According to) (?:(?!, complete the )[^:])+: ")
_REQUEST = re.compile(
    r"^(?:Can you tell me|Do you know|Can you list|Tell me|State|Name|List|Define|I would like to know|Give|Explain)\b"
)
_NAMING = re.compile(r"^(?:Define|Name|List|State) (?:“[^“”]+”|the [a-z]).*\.$")
_GAP = re.compile(r"^(?:[^“”:]+, c|C)omplete the (?:sentence|list|row of the table): “(?P<text>[^“”]*(?:“[^“”]*”[^“”]*)*)”$")
_ASKING = frozenset("what which who whom whose when where why how".split())
_LEADS = _ASKING | frozenset(
    "is are was were do does did can could must may might shall should will would has have had".split()
)
_DANGLING = frozenset("a an the and or but nor my your its their his her very".split())
_SINGULAR, _PLURAL = frozenset({"is", "was", "does", "has"}), frozenset({"are", "were", "do", "have"})


def well_formed(questions: Iterable[str]) -> Iterator[bool]:
    """Yield for each question whether it is well formed, in order."""
    listed = list(questions)
    plain = [_plain(question) for question in listed]
    for question, text, words in zip(listed, plain, parse(plain), strict=True):
        yield _is_sound(question, text, words)


def _plain(question: str) -> str:
    """Return what is to be parsed: without a topic before it, and without "Complete the sentence"."""
    text = _LEAD.sub("", question.strip())
    gap = _GAP.match(text)
    return gap["text"].replace("_____", "something") if gap else text[:1].upper() + text[1:]


def _is_sound(question: str, text: str, words: Sequence[Word]) -> bool:
    if _NAMING.match(text):
        return _is_balanced(question)
    spoken = [word.text.lower() for word in words if word.part not in ("PUNCT", "SPACE")]
    if len(spoken) < 3 or spoken[-1] in _DANGLING or _stutters(spoken) or not _is_balanced(question):
        return False
    roots = [word for at, word in enumerate(words) if word.head == at]
    if _GAP.match(_LEAD.sub("", question.strip())):
        return question.count("_____") == 1
    if _REQUEST.match(text):
        return any(word.part in ("VERB", "AUX") for word in words)
    if not question.rstrip().endswith("?") or not _ASKING | _LEADS & set(spoken):
        return False
    has_verb = any(word.part in ("VERB", "AUX") for word in words)
    return has_verb and _begins(text, words) and bool(roots) and not _disagrees(words)


def _begins(text: str, words: Sequence[Word]) -> bool:
    """Return whether a question begins with a question word or a verb, or does so after a comma or one preposition."""
    first, second = words[0].text.lower(), words[1].text.lower()
    if first in _LEADS or (words[0].part in ("ADP", "SCONJ") and second in _ASKING):
        return True
    after = [piece.strip().split(" ")[:2] for piece in text.split(",")[1:]]
    return any(set(map(str.lower, piece)) & _LEADS for piece in after)


def _disagrees(words: Sequence[Word]) -> bool:
    """Return whether the first verb is singular and its subject a bare plural, or the other way round."""
    for at, word in enumerate(words):
        if word.role in ("nsubj", "nsubjpass") and word.tag in ("NN", "NNS") and at > 0:
            joined = any(other.head == at and other.role == "conj" for other in words)
            verbs = [other.text.lower() for other in words if other.head == word.head and other.role in ("aux", "auxpass")]
            if word.tag == "NNS" and verbs and verbs[0] in _SINGULAR:
                return True
            if word.tag == "NN" and not joined and verbs and verbs[0] in _PLURAL - {"have"}:
                return True
    return False


def _stutters(spoken: Sequence[str]) -> bool:
    return any(one == other and one not in ("that", "had") for one, other in zip(spoken, spoken[1:], strict=False))


def _is_balanced(text: str) -> bool:
    return text.count("“") == text.count("”") and text.count("(") == text.count(")") and text.count('"') % 2 == 0
