"""How a question for a sentence begins: its question word, verb and subject, read off the sentence by rule.

"The filter must be replaced every 500 hours." begins a question "How often must the filter be replaced". A
small model left alone asks "Why should every 500 hours be replaced?" (measured: of 34 sentences, its likeliest
question was sound for about half, a sampled one for a quarter). Sentences that match no rule give no
beginning, and the model writes the whole question.
"""

import re
from dataclasses import dataclass

from core.questions.answers import POINTING, STOP, Answer

MODAL = r"must|shall|should|can|may|might|will|could|would"
BE = r"is|are|was|were"
AUXILIARY = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<verb>{MODAL}|{BE})(?: (?:also|always|usually|normally|typically|only|then))? (?P<rest>.+)$"
)
MEASURE = re.compile(
    r"^(?:about |at least |at most |only |between |less than |more than |below |above |up to |from )?[\d$€£]"
)
PARTICIPLE = re.compile(
    r"^(?P<be>be )?(?P<participle>\w+ed|kept|held|made|driven|worn|given|taken|sent|set|built|put|found|shown|written|drawn|"
    r"met|done|known|bought|sold|paid|left|laid|led|cut|shut|begun|chosen|fed|hung|read|run|seen|told|broken) (?P<after>.+)$"
)
CONDITION = re.compile(r"^(?P<word>If|When|Before|After|During|While) (?P<condition>[^,]+), (?P<main>.+)$")
WHEN_LAST = re.compile(r"^(?P<main>[A-Z][^,]*?),? (?P<word>when|if|before|after|while) (?P<condition>[^,]+)\.$")
THIRD_PERSON = re.compile(
    r"^(?P<subject>(?:The |An? |Each |Every )?[\w’'/-]+(?: [\w’'/-]+){0,7}?) (?P<verb>[a-z]+(?<![su'’])s) (?P<rest>.+)$"
)
PLURAL = re.compile(
    r"^(?P<subject>(?:[\w’'/-]+ ){0,4}?[\w’'/-]+s) (?P<verb>[a-z]{3,}(?<!s)(?<!ing)(?<!ly)(?<!ed)) (?P<rest>.+)$"
)
OBJECT = re.compile(r"^(?:the|an?|all|each|every|any|both|their|its|one|two|three|several|many|some|no|that|\d[\d.,]*)\b")
PREPOSITION = re.compile(r"^(?P<word>to|of|on|for|with|in|at|by|from|into|within|against|through)\b (?P<rest>.+)$")
CLAUSE = re.compile(r"\b(?:that|which|who|whom|whose|when|if|because|where|while|although|unless|as|but)\b")
DIMENSION = re.compile(
    r"^(?:about |at least |at most )?\d[\d.,]* \w+ (?P<adjective>long|wide|high|deep|thick|tall|heavy|old|away|apart)\b"
)
AIMING = frozenset("needs aims tries seeks serves continues begins wants intends plans agrees expects has".split())
TAKING = frozenset("include contain require have provide support use affect cause need show hold carry give".split())
RESTING = frozenset("lie stand stay remain fall rise last weigh".split())
NOBODY = frozenset("nobody nothing none everyone everybody no only whoever anyone".split())
FREQUENCY = re.compile(r"^(?:every|once|twice|daily|weekly|monthly|yearly|annually|\d+ times)\b")
PERSON = re.compile(
    r"^(?:(?:the|an?|each) )?(?:[\w-]+ ){0,3}?(?:\w{3,}(?:er|or|ian|ist|man|men|ant|ers|ors)|[A-Z][a-z]+ [A-Z][a-z]+)\b"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """`start` begins a question; with "?" it is one. `is_fixed`: nothing may be added."""

    start: str
    is_fixed: bool = False


def frames(answer: Answer) -> list[Frame]:
    """Beginnings of questions that `answer` answers, best first; none where no rule applies."""
    if answer.kind == "definition":
        return _of_definition(answer)
    line = re.sub(r"\s*\([^()]*\)", "", answer.output)
    frame = _of_condition(line) or _of_object(line) or _of_auxiliary(line)
    return [frame] if frame else []


def _of_definition(answer: Answer) -> list[Frame]:
    """Two ways to ask for a definition; which comes first changes from term to term, so that all are learned."""
    term, bare = answer.term, re.sub(r"^(?:an?|the) ", "", answer.term)
    be = "are" if answer.verb in ("are", "are defined as") else "is"
    plain = f"What {be} {term}"
    if " of " in term and term.startswith("the "):
        return [Frame(plain, is_fixed=True)]
    ways = [plain, f"How {be} {term} defined", f'What does the term "{bare}" mean', f'What is the definition of "{bare}"']
    is_word = term == bare and " " not in term  # perhaps a verb, which is asked for in quotation marks
    if is_word or answer.verb in ("means", "refers to", "refer to", "denotes") or answer.output.startswith(("That ", "To ")):
        ways = ways[2:]
    turn = sum(map(ord, bare)) % len(ways)
    chosen = plain if plain in ways and turn % 2 == 0 else ways[turn]
    other = ways[(ways.index(chosen) + 1) % len(ways)]
    return [Frame(chosen, is_fixed=True), Frame(other, is_fixed=True)]


def _of_condition(line: str) -> Frame | None:
    if match := CONDITION.match(line):
        word, condition, main = match["word"].lower(), match["condition"], match["main"]
    elif (match := WHEN_LAST.match(line)) and _is_imperative(match["main"]):
        word, condition, main = match["word"], match["condition"], match["main"]
    else:
        return None
    if re.search(r"\b(?:it|they|this|these|he|she)\b", condition) or len(condition.split()) < 3:
        return None
    if main.split()[0].lower() in POINTING:
        return None
    if _is_imperative(main):
        return Frame(f"What should be done {word} {condition}", is_fixed=True)
    if (inner := AUXILIARY.match(main)) and _is_subject(inner["subject"]) and inner["verb"] in MODAL.split("|"):
        if PARTICIPLE.match(inner["rest"]) or inner["rest"].startswith("be "):
            return Frame(f"What {inner['verb']} be done {word} {condition}", is_fixed=True)
        return Frame(f"What {inner['verb']} {_lower(inner['subject'])} do {word} {condition}", is_fixed=True)
    return Frame(f"What happens {word} {condition}", is_fixed=True) if word in ("if", "when", "during") else None


def _of_object(line: str) -> Frame | None:
    """From a plain verb in the present: "The engineer records each …", "Measures use the …"."""
    for pattern, do in ((THIRD_PERSON, "does"), (PLURAL, "do")):
        match = pattern.match(line)
        if (
            not match
            or not _is_subject(match["subject"])
            or match["verb"] in STOP
            or re.search(rf"\b(?:{MODAL}|{BE})\b", match["subject"])
        ):
            continue
        subject, verb, rest = (
            _lower(match["subject"]),
            _infinitive(match["verb"]) if do == "does" else match["verb"],
            match["rest"],
        )
        parts = match["subject"].split()
        is_plural = any(re.search(r"[^su'’]s$", part) for part in parts)
        if do == "does" and (
            is_plural or re.search(r"(?<! of) (?:the|an?|to|with|in|on|at|by|from|for) ", f" {' '.join(parts[1:])} ")
        ):
            continue
        if do == "do" and (parts[0].lower() in ("a", "an", "each", "every") or rest.startswith("that ")):
            continue
        if number := re.match(r"^(?:about |at least |up to )?\d[\d.,]* (?P<unit>[a-z]+s)\b", rest):
            return Frame(f"How many {number['unit']} {do} {subject} {verb}")
        if OBJECT.match(rest):
            return Frame(f"What {do} {subject} {verb}")
        has_auxiliary = re.search(rf"\b(?:{MODAL}|{BE})\b", rest)
        if (preposition := PREPOSITION.match(rest)) and not has_auxiliary and preposition["word"] != "by":
            if preposition["word"] == "to" and match["verb"] in AIMING:
                return Frame(f"What {do} {subject} {verb} to do")
            if preposition["word"] in ("to", "on", "with", "from") or match["verb"] == "consists":
                return Frame(f"What {do} {subject} {verb} {preposition['word']}")
    return None


def _of_auxiliary(line: str) -> Frame | None:
    """From "must", "can", "is" …: the verb changes places with the subject."""
    match = AUXILIARY.match(line)
    if not match or not _is_subject(match["subject"]) or re.match(r"(?:not|never|no)\b", match["rest"]):
        return None
    verb, subject, rest = match["verb"], _lower(match["subject"]), match["rest"]
    is_be = verb in BE.split("|")
    if is_be and (dimension := DIMENSION.match(rest)):
        return Frame(f"How {dimension['adjective']} {verb} {subject}", is_fixed=True)
    if is_be and MEASURE.match(rest):
        return Frame(f"What {verb} {subject}")
    passive = PARTICIPLE.match(rest)
    if passive and bool(passive["be"]) != is_be:
        return _of_passive(verb, subject, f"{passive['be'] or ''}{passive['participle']}", after=passive["after"])
    if is_be or rest.startswith("be "):
        return None
    action, _, after = rest.partition(" ")
    if action in RESTING and MEASURE.match(after):
        return None
    if OBJECT.match(after) or MEASURE.match(after) or action in TAKING:
        return Frame(f"What {verb} {subject} {action}")
    if re.match(r"(?:in|within|on|at|near|behind|under)\b", after):
        return Frame(f"Where {verb} {subject} {action}")
    return Frame(f"What {verb} {subject} do", is_fixed=True)


def _of_passive(verb: str, subject: str, done: str, *, after: str) -> Frame | None:
    for pattern, word in (
        (FREQUENCY, "How often"),
        (re.compile(r"^for \d+"), "How long"),
        (re.compile(r"^(?:by \w+ing|using)\b"), "How"),
        (
            re.compile(r"^(?:when|if|as soon as|after|before|until|once|within \d+ (?:second|minute|hour|day|week|month))"),
            "When",
        ),
        (
            re.compile(
                r"^(?:because|in order to|so that|to (?:ensure|prevent|protect|avoid|keep|provide|support|deceive|mislead))"
            ),
            "Why",
        ),
        (re.compile(r"^(?:in|behind|near|under|inside|next to) (?:the|an?|container|room|building)\b"), "Where"),
    ):
        if pattern.match(after):
            return Frame(f"{word} {verb} {subject} {done}")
    if by := re.match(r"^by (?P<agent>.+)$", after):
        return Frame(f"{'Who' if PERSON.match(by['agent']) else 'What'} {verb} {subject} {done} by")
    if preposition := re.match(r"^(?P<word>to|with|from|at|as|into|of) (?:(?:the|an?|one)\b|\d)", after):
        return Frame(f"What {verb} {subject} {done} {preposition['word']}")
    return None


def _is_subject(text: str) -> bool:
    """A short noun phrase as far as one can tell without a parser."""
    words = text.split()
    first = words[0].lower()
    opener = first in NOBODY or (first in STOP and first not in ("a", "an", "the", "each", "every", "all", "any", "most"))
    return not opener and len(words) <= 10 and not CLAUSE.search(text) and words[-1].lower() not in STOP


def _is_imperative(clause: str) -> bool:
    """Does it tell to do something: "stop the motor"? A bare verb, then what it acts on."""
    first, _, rest = clause.partition(" ")
    is_verb = first.isalpha() and first.lower() not in STOP and not first.lower().endswith(("s", "ing", "ed", "ly"))
    return is_verb and bool(re.match(r"(?:the|an?|all|any|each|every|to|for|on|off|down|no|your|it|\d[\d.,]*)\b", rest))


def _infinitive(verb: str) -> str:
    if verb in ("has", "does", "goes"):
        return {"has": "have", "does": "do", "goes": "go"}[verb]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return verb[:-2] if re.search(r"(?:ss|sh|ch|x|z|o)es$", verb) else verb[:-1]


def _lower(subject: str) -> str:
    """The subject within a question: its first letter small unless the word seems a name or an abbreviation."""
    first, _, rest = subject.partition(" ")
    is_common = first.lower() in STOP or (first[1:].islower() and not rest[:1].isupper() and (rest or len(first) > 3))
    return subject[0].lower() + subject[1:] if is_common else subject
