"""Put a question, or a statement, together from the parts of a clause."""

import re
from collections.abc import Callable, Mapping, Sequence

from core.language.english.function_words import BE, FINITE_BE, MODALS
from core.language.grammar import Word
from core.questions.writers.guided.clause import Clause, Part

_DO = {"VBZ": "does", "VBP": "do", "VBD": "did"}
_THIRD = {"are": "is", "were": "was", "have": "has", "do": "does"}
_IRREGULAR = {"have": "has", "be": "is", "do": "does", "go": "goes"}


def ask(clause: Clause, opening: str, *, gap: Part, end: str = "", lead: Sequence[Part] = ()) -> str:
    """Return a question that begins with `opening` ("How often") and leaves `gap` out.

    Args:
        clause: the clause asked about.
        opening: question word or phrase.
        gap: the part asked for; the subject, or a part before or after the verb.
        end: words that follow the verb in place of the gap ("to do" in "What is it used to do?").
        lead: parts to begin with, before the question word ("If the bell rings, what …").
    """
    rest = [part for part in _rest(clause) if part not in (gap, *lead)]
    if gap == clause.subject:
        middle = [_third_person(clause), *_texts(clause, clause.after)]
        rest = [part for part in rest if part not in clause.after]
    else:
        near = [part for part in clause.after if part in rest and part.end <= gap.start]
        far = [part for part in rest if part not in near]
        operator, tail = _inverted(clause)
        middle = [operator, _subject(clause), *tail, *_texts(clause, near), end]
        rest = far
    words = [opening if not lead else lower_first(opening), *middle, *_texts(clause, rest)]
    question = " ".join(word for word in words if word)
    if lead:
        question = f"{', '.join(_texts(clause, lead))}, {question}"
    return tidy(f"{question}?")


def yes_or_no(clause: Clause, *, instead: tuple[Part, str] | None = None) -> str:
    """Return the question whether the clause is so; `instead` puts other words in the place of a part."""
    operator, tail = _inverted(clause)
    parts = [_instead(clause, part, instead) for part in clause.after]
    subject = _subject(clause)
    if instead and clause.subject == instead[0]:
        subject = instead[1]
    question = " ".join(filter(None, (operator, subject, *tail, *parts)))
    before = "".join(f"{_instead(clause, part, instead)}, " for part in clause.before)
    return tidy(before + question) + "?"


def embedded(clause: Clause, opening: str, *, gap: Part, end: str = "") -> str:
    """Return the question as it stands inside a sentence: "how often the valve must be tested"."""
    if gap == clause.subject:
        parts = _texts(clause, (*clause.after, *clause.before))
        return tidy(" ".join((lower_first(opening), _third_person(clause), *parts)), is_sentence=False)
    near = [part for part in clause.after if part != gap and part.end <= gap.start]
    far = [part for part in _rest(clause) if part != gap and part not in near]
    words = (lower_first(opening), _subject(clause), *_verb(clause), *_texts(clause, near), end, *_texts(clause, far))
    return tidy(" ".join(filter(None, words)), is_sentence=False)


def statement(clause: Clause) -> str:
    """Return the clause as a sentence of its own: "The valve must be tested every six months."."""
    return _sentence(clause, {})


def cloze(clause: Clause, gap: Part, answer: str) -> str:
    """Return the clause as a sentence with a gap where `answer` stands in a part."""
    text = clause.text(gap)
    shown = text.removesuffix(answer) + _GAP if text.endswith(answer) else _GAP
    return _sentence(clause, {gap: shown})


_GAP = "_____"


def _sentence(clause: Clause, instead: Mapping[Part, str]) -> str:
    """Return the clause as a sentence; `instead` says what stands in the place of a part."""

    def shown(part: Part) -> str:
        return instead.get(part, _with_comma(clause, part))

    before = "".join(f"{shown(part)}, " for part in clause.before)
    if clause.subject is None:
        verbs = [_verbs(clause, _text)]
    else:
        verbs = [shown(clause.subject), *_verb(clause)]
    return tidy(before + " ".join((*verbs, *(shown(part) for part in clause.after)))) + "."


def verb_phrase(clause: Clause) -> str:
    """Return what the subject does, without the subject: "let go of the lever at once"."""
    words = clause.words
    if clause.subject is None or not clause.auxiliaries:
        verbs = [_verbs(clause, _lemma if clause.subject is None else _text)]
    else:
        verbs = [*(words[at].text for at in clause.auxiliaries[1:]), _verbs(clause, _text)]
    adverbs = [words[at].text for at in clause.adverbs]
    return " ".join((*adverbs, *verbs, *_texts(clause, clause.after)))


def tidy(text: str, *, is_sentence: bool = True) -> str:
    """Return `text` with single blanks, no blank before a mark and, as a sentence, with a capital letter."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([,;:.?!)’])", r"\1", text)
    text = re.sub(r"[,.]+(?=[.?]$)|,(?=,)", "", text)
    return text[:1].upper() + text[1:] if is_sentence else text


def lower_first(text: str) -> str:
    """Return `text` with its first letter in lower case, unless a name or an abbreviation begins it."""
    first, second = (*text.split(" ", 2), "", "")[:2]
    is_name = first[1:] != first[1:].lower() or first == "I" or (second[:1].isupper() and second[1:2].islower())
    return text if is_name else text[:1].lower() + text[1:]


def _rest(clause: Clause) -> list[Part]:
    return [*clause.after, *clause.before]


def _texts(clause: Clause, parts: Sequence[Part]) -> list[str]:
    return [_with_comma(clause, part) for part in parts]


def _with_comma(clause: Clause, part: Part) -> str:
    """Return the text of a part, after a comma if it is an addition with one (", making use of …")."""
    is_addition = part in clause.after and part.role == "advcl" and clause.words[part.start - 1].text == ","
    return f", {clause.text(part)}" if is_addition else clause.text(part)


def _subject(clause: Clause) -> str:
    return "you" if clause.subject is None else clause.text(clause.subject)


def _instead(clause: Clause, part: Part, instead: tuple[Part, str] | None) -> str:
    return instead[1] if instead and part == instead[0] else _with_comma(clause, part)


def _inverted(clause: Clause) -> tuple[str, list[str]]:
    """Return the verb that goes before the subject, and what of the verbs stays after it."""
    words, verb = clause.words, clause.words[clause.verb]
    adverbs = [words[at].text.lower() for at in clause.adverbs]
    if clause.subject is None:
        return "should", [*adverbs, _verbs(clause, _lemma)]
    if clause.auxiliaries:
        first, *others = clause.auxiliaries
        return words[first].text.lower(), [*_in_order(clause, others), _verbs(clause, _text)]
    if verb.text.lower() in FINITE_BE:
        return verb.text.lower(), adverbs
    return _DO.get(verb.tag, "do"), [*adverbs, _verbs(clause, _base)]


def _in_order(clause: Clause, auxiliaries: Sequence[int]) -> list[str]:
    return [clause.words[at].text for at in sorted((*auxiliaries, *clause.adverbs))]


def _verbs(clause: Clause, form: Callable[[Word], str]) -> str:
    """Return the verb, or all verbs that share its object, in a form: "plan, prepare, and conduct"."""
    *others, last = (form(clause.words[at]) for at in (*clause.twins, clause.verb))
    return f"{', '.join(others)}, and {last}" if len(clause.twins) > 1 else " and ".join((*others, last))


def _text(word: Word) -> str:
    return word.text.lower()


def _lemma(word: Word) -> str:
    return word.lemma.lower()


def _base(word: Word) -> str:
    return _text(word) if word.tag in ("VBP", "VB") else _lemma(word)


def _verb(clause: Clause) -> list[str]:
    """Return the verbs and adverbs of a statement in order."""
    ats = sorted((*clause.auxiliaries, *clause.adverbs, clause.verb))
    if clause.subject is None:
        return ["should", _verbs(clause, _lemma)]
    return [_verbs(clause, _text) if at == clause.verb else clause.words[at].text for at in ats]


def _third_person(clause: Clause) -> str:
    """Return the verbs after "what" or "who" as subject, in the singular: "are tested" becomes "is tested"."""
    ats = sorted((*clause.auxiliaries, *clause.adverbs, clause.verb))
    finite = (clause.auxiliaries or (clause.verb,))[0]

    def shown(at: int) -> str:
        form = _in_singular if at == finite else _text
        return _verbs(clause, form) if at == clause.verb else form(clause.words[at])

    return " ".join(map(shown, ats))


def _in_singular(word: Word) -> str:
    text = _text(word)
    if text in _THIRD:
        return _THIRD[text]
    return third_person(text) if word.tag in ("VBP", "VB") and text not in BE | MODALS else text


def third_person(base: str) -> str:
    """Return the third person of a verb's base form: "carry" becomes "carries"."""
    if base in _IRREGULAR:
        return _IRREGULAR[base]
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return base + "es"
    return base[:-1] + "ies" if re.search(r"[^aeiou]y$", base) else base + "s"
