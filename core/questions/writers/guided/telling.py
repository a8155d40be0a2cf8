"""Whether a question about a clause, and its answer, say enough to somebody who has no text before him, and not too much."""

import re
from collections.abc import Sequence

from core.language.grammar import Word
from core.questions.writers.guided.clause import SUBJECTS, Clause, Part
from core.questions.writers.guided.gaps import Gap, is_linking
from core.questions.writers.guided.meaning import PRAISE, WORD, content, stem, stems
from core.questions.writers.guided.nouns import BODIES, is_event, is_person_word
from core.questions.writers.guided.open_questions import open_question
from core.questions.writers.guided.standing import EMPTY_NOUNS, LIGHT, has_denial, has_hanging_plural, says_also

# Words that say nothing about what they describe.
_PALE = frozenset(
    "specific certain various different wide broad significant successful new particular appropriate necessary relevant "
    "important multiple several many own other key additional role function purpose requirement responsibility activity "
    "task process issue matter area need support effort action capability roles functions purposes requirements "
    "responsibilities activities tasks processes issues matters areas needs efforts actions capabilities".split()
)
# Acts, plans and the like: "the meeting" is one that a sentence before told of, unless a topic names it.
_OCCASIONS = frozenset(
    "annex story paragraph plan task event situation problem project procedure process document report order request change "
    "decision".split()
)
_EMPTY_ANSWER = re.compile(
    r"^as many|^(?:an? )?(?:\w+ )?part of "
    r"|^(?:to |for |by |with |in )?(?:an? (?:wide |broad |full |large )?(?:range|variety|number|array|host)"
    r"|many|several|some|multiple|various|different|numerous|certain|a limited) "
    r"|\b(?:same|right|present|first|that|this|such) (?:time|way|manner|moment)s?$",
    re.IGNORECASE,
)
# What a question leaves open, or denies.
UNNAMED = re.compile(r"\b(?:several|certain|various|multiple|not)\b", re.IGNORECASE)
_OF_MANY = frozenset("include have exist occur need contain involve".split())
_POINTERS = frozenset("it they them he she him we us this these i".split())
POSSESSIVES = frozenset("its their his her our my your".split())
_DESCRIBING = frozenset("det prep acl relcl amod compound poss nummod nmod appos".split())
LEAST_CONDITION = 4  # words
LONGEST_ANSWER, LONGEST_QUESTION = 25, 32  # words
# Meaningful words that a question needs. What strict readers kept set them (docs/decisions/questions.md).
SPECIFIC = 3  # if it begins with "what" or "who"
SPECIFIC_FOR_SUBJECT = 4  # if it asks for the subject, also with its topic: "What is driven by mission requirements?"
SPECIFIC_OTHERS = 2  # if it begins with "how often", "when" …
SPECIFIC_OBJECT = 6  # if it asks for the object of a verb, unless the answer has TELLING_ANSWER of them
TELLING_ANSWER = 6
SPECIFIC_SUBJECT = 7  # if it asks for the subject, which many sentences may share
SPECIFIC_ANYBODY = 10  # if the answer is "the commander", "the Army" or the like, who do much
ENOUGH, ENOUGH_SUBJECT = 6, 9  # with which it needs no topic


def is_told(clause: Clause, gap: Gap) -> bool:
    """Return whether question and answer say enough, and not too much."""
    return _answers(clause, gap) and _asks(clause, gap) and _is_enough(clause, gap)


def _answers(clause: Clause, gap: Gap) -> bool:
    """Return whether an answer says something that the question does not, and all of it."""
    is_subject = gap.part == clause.subject
    if not content(gap.answer) or len(WORD.findall(gap.answer)) > LONGEST_ANSWER or _EMPTY_ANSWER.search(gap.answer):
        return False
    if gap.kind == "fact" and (not _is_answer(gap.answer) or (says_also(clause) and not is_subject)):
        return False
    is_said_of = gap.part.role == "attr" or (is_subject and is_linking(clause))  # or "A key consideration is …"
    if is_said_of and PRAISE.match(gap.answer[:1].upper() + gap.answer[1:]):
        return False
    if gap.kind == "condition" and not gap.asks_predicate and not _names_subject(clause, gap.part):
        return False
    return not _repeats(gap.answer, open_question(clause, gap)) and not _disagrees(clause, gap)


def _asks(clause: Clause, gap: Gap) -> bool:
    """Return whether a question names what it speaks of, and asks for what only one answer fits."""
    is_subject, question = gap.part == clause.subject, open_question(clause, gap)
    if has_denial(clause) or has_hanging_plural(clause) or UNNAMED.search(question):
        return False
    spoken = [word.lower() for word in WORD.findall(question)]
    if len(spoken) > LONGEST_QUESTION or _POINTERS & set(spoken):
        return False
    return not is_subject or not (POSSESSIVES & set(spoken) or _may_be_others(clause, gap))


def _is_enough(clause: Clause, gap: Gap) -> bool:
    """Return whether a question has as many meaningful words as its kind needs, or an answer that makes up for them."""
    said, told = _says(clause, gap), len(set(content(gap.answer)))
    is_open = gap.kind == "fact" and gap.part.role == "dobj"  # "What does the staff provide?" may be many things
    least = SPECIFIC_OTHERS
    if gap.kind == "fact":
        least = SPECIFIC_FOR_SUBJECT if gap.part == clause.subject else SPECIFIC
    return said >= SPECIFIC_OBJECT or (said >= least and (told >= TELLING_ANSWER or not is_open))


def is_bare(clause: Clause, gap: Gap) -> bool:
    """Return whether a question says too little without its topic."""
    return _says(clause, gap) < _least(clause, gap) or _is_anything(clause, gap)


def _is_anything(clause: Clause, gap: Gap) -> bool:
    """Return whether a question asks what people do, and no more, and the answer is short: "What do crews coordinate?"."""
    subject = clause.subject
    if gap.part.role != "dobj" or subject is None or len(clause.after) > 1 or clause.before:
        return False
    head, told = clause.words[subject.head], len(set(content(gap.answer)))
    return told < TELLING_ANSWER and (is_person_word(head.text.lower()) or head.lemma.lower() in BODIES)


def is_thin(clause: Clause, gap: Gap) -> bool:
    """Return whether a question is better asked with its topic, if there is one."""
    enough = ENOUGH_SUBJECT if gap.part == clause.subject else ENOUGH
    return gap.kind == "fact" and _says(clause, gap) < enough


def _may_be_others(clause: Clause, gap: Gap) -> bool:
    """Return whether a question for the subject fits others as well: what includes something, or what commanders do."""
    is_common = is_anybody(gap.answer) and _says(clause, gap) < SPECIFIC_ANYBODY
    return is_common or clause.words[clause.verb].lemma in _OF_MANY


def is_anybody(answer: str) -> bool:
    """Return whether an answer is one word for a person or a body, who do much: "the commander", "the Army"."""
    said = set(content(answer))
    return len(said) == 1 and (is_person_word(*said) or said <= BODIES)


def _repeats(answer: str, question: str) -> bool:
    """Return whether an answer says only what its question said: "learning opportunities" to "… to learn from mistakes"."""
    said = stems(question)
    return all(stem(word) in said or word in EMPTY_NOUNS | _PALE for word in content(answer))


def occasion(clause: Clause, gap: Gap) -> str | None:
    """Return a noun of a clause, such as "meeting" in "the meeting", of which only the text before says which one.

    In an answer that names more than it, such as "the tempo of the meeting", it leaves open what is meant as well.
    """
    for part in (*clause.before, *clause.after, *([clause.subject] if clause.subject else [])):
        is_answer = part == gap.part and not gap.asks_predicate
        for at in range(part.head + 1 if is_answer else part.start, part.end):
            if is_occasion(clause.words, at):
                return clause.words[at].lemma.lower()
    return None


def is_occasion(words: Sequence[Word], at: int) -> bool:
    """Return whether noun number `at` is one that a sentence before must have named: "the meeting", and no more of it."""
    own = [other for other, word in enumerate(words) if word.head == at and other != at]
    is_bare = {words[other].text.lower() for other in own if words[other].role in _DESCRIBING} == {"the"}
    is_new = not any(word.lemma.lower() == words[at].lemma.lower() for word in words[:at])
    return is_bare and is_new and (is_event(words[at]) or words[at].lemma.lower() in _OCCASIONS)


def _names_subject(clause: Clause, part: Part) -> bool:
    """Return whether a condition says of whom it holds, unlike "when not properly conducted"."""
    if len(WORD.findall(clause.text(part))) < LEAST_CONDITION:
        return False
    return clause.first_word(part) == "if" or any(clause.words[at].role in SUBJECTS for at in range(part.start, part.end))


def _least(clause: Clause, gap: Gap) -> int:
    if gap.part == clause.subject:
        return SPECIFIC_SUBJECT
    return SPECIFIC if gap.kind == "fact" else SPECIFIC_OTHERS


def _says(clause: Clause, gap: Gap) -> int:
    """Return how many meaningful words a question has besides its question word."""
    return len(set(content(open_question(clause, gap))) - set(content(gap.opening)) - LIGHT)


def _disagrees(clause: Clause, gap: Gap) -> bool:
    """Return whether "it" in an answer cannot stand for a subject in the plural."""
    if clause.subject is None or gap.part == clause.subject:
        return False
    spoken = {word.lower() for word in WORD.findall(gap.answer)}
    tag = clause.words[clause.subject.head].tag
    return tag in ("NNS", "NNPS") and "it" in spoken


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
    return (len(meaning) > 1 or is_name) and not set(meaning) <= EMPTY_NOUNS | _PALE
