"""Derive how a question about a sentence begins (question word, verb and subject) from the sentence by rules.

"The filter must be replaced every 500 hours." gives "How often must the filter be replaced". A small model left alone
asks "Why should every 500 hours be replaced?" (measured on 34 sentences: its likeliest question was sound for about half,
a sampled one for a quarter). For sentences that match no rule, the model writes the whole question.
"""

import re
from dataclasses import dataclass

from core.language.english.function_words import ARTICLES, COMMON_PREPOSITIONS, FINITE_BE, MODALS, STOP_WORDS
from core.questions.answers import POINTING, QUALITY, Answer, is_name_in

MODAL, BE = "|".join(sorted(MODALS)), "|".join(sorted(FINITE_BE))
AUXILIARY = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<verb>{MODAL}|{BE})(?: (?:also|always|usually|normally|typically|only|then))? (?P<rest>.+)$"
)
MEASURE = re.compile(
    r"^(?:about |at least |at most |only |between |less than |more than |below |above |up to |from )?[\d$€£]"
)
PARTICIPLE = re.compile(
    r"^(?P<be>be )?(?P<participle>\w+ed|kept|held|made|driven|worn|given|taken|sent|set|built|put|found|shown|written|drawn|"
    r"met|done|known|bought|sold|paid|left|laid|led|cut|shut|begun|chosen|fed|hung|read|run|seen|told|broken)"
    r"(?P<particle> (?:out|up|off|down|back|over|away))? (?P<after>.+)$"
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
_BEFORE_OBJECT = COMMON_PREPOSITIONS - {"as"} | {"into", "within", "against", "through"}
PREPOSITION = re.compile(rf"^(?P<word>{'|'.join(sorted(_BEFORE_OBJECT))})\b (?P<rest>.+)$")
NEW_PHRASE = re.compile(rf"(?<! of) (?:{'|'.join(sorted(ARTICLES | COMMON_PREPOSITIONS - {'of', 'as'}))}) ")
CLAUSE = re.compile(r"\b(?:that|which|who|whom|whose|when|if|because|where|while|although|unless|as|but)\b", re.IGNORECASE)
DIMENSION = re.compile(
    r"^(?:about |at least |at most )?\d[\d.,]* \w+ (?P<adjective>long|wide|high|deep|thick|tall|heavy|old|away|apart)\b"
)
AIMING = frozenset("need aim try seek serve continue begin want intend plan agree expect have".split())
# Verbs that take an object even without an article after them: "enables adaptive forces".
TAKING = frozenset(
    "include contain require have provide support use affect cause need show hold carry give enable prevent reduce increase "
    "improve create allow ensure protect maintain conduct coordinate develop identify establish prepare perform produce "
    "determine control integrate facilitate execute employ synchronize exercise represent receive supply measure define "
    "describe assign approve issue record report monitor operate manage plan review consider".split()
)
RESTING = frozenset("lie stand stay remain fall rise last weigh".split())
LEADING = frozenset(
    "contribute correspond correlate relate refer lead apply belong respond adhere amount report conform extend add react "
    "adapt connect return listen".split()
)
# Nouns as often as verbs; only an article after them marks a verb: "plans address …" (noun), "plans the route" (verb).
DOUBTFUL = frozenset(
    "plan control measure report record issue review support use need exercise cause affect show assign approve supply "
    "monitor hold".split()
)
NO_VERB = frozenset(
    "within throughout beyond across among toward towards upon despite until along around without between under over near "
    "able due ready prior available necessary critical essential".split()
)
NOBODY = frozenset("nobody nothing none everyone everybody no only whoever anyone".split())
SERVING = re.compile(
    r"^(?P<used>meant|used|designed|required|needed|able|intended|built|planned|obliged|allowed|expected) to \w+"
)
FITTING = re.compile(
    rf"^(?:(?P<quality>\w+(?:{QUALITY}|ic|pt)) (?P<word>for|of|from|with|at)"
    r"|(?P<to>essential|critical|subject|vulnerable|similar|central|important|relevant|equal|open|close) to) \w+"
)
PLACE = re.compile(r"^(?:(?:in|at|behind|near|under|inside|next to) (?:the|an?|container|room|building)\b|within \d)")
NEGATION = re.compile(r"(?:not|never|no)\b")
FREQUENCY = re.compile(r"^(?:every|once|twice|daily|weekly|monthly|yearly|annually|\d+ times)\b")
AGENT = r"\w{3,}(?:er|or|ian|ist|man|men|ant|ers|ors|ants)"  # "teacher", "historian": ends as words for people do
PERSON = re.compile(
    rf"^(?:(?:the|an?|each) )?(?:[\w-]+ )?(?:{AGENT}"
    r"(?=[.,]|$| (?:of|in|at|on|or|and|between)\b)|[A-Z][a-z]+ [A-Z][a-z]+\b)"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """The beginning of a question, complete if "?" is added. If `is_fixed`, the model must not extend it."""

    start: str
    is_fixed: bool = False


def frames(answer: Answer) -> list[Frame]:
    """Return beginnings of questions that `answer` answers, best first; empty if no rule applies."""
    if answer.kind == "definition":
        return _of_definition(answer)
    line = _plain(answer.output)
    text = answer.passage.text
    frame = _of_condition(line, text) or _of_object(line, text) or _of_auxiliary(line, text)
    return [frame] if frame else []


def _plain(line: str) -> str:
    """Remove text in parentheses, and adverbs such as "usually"."""
    return re.sub(r"\s*\([^()]*\)|(?<!,) (?:also|often|generally|typically|normally|usually|thus|always)\b(?!,)", "", line)


def _of_definition(answer: Answer) -> list[Frame]:
    """Return one or two ways to ask for a definition, in an order that varies by term so that all phrasings are learned."""
    term, bare = answer.term, re.sub(r"^(?:an?|the) ", "", answer.term)
    be = "are" if answer.verb in ("are", "are defined as") else "is"
    plain = f"What {be} {term}"
    if " of " in term and term.startswith("the "):
        return [Frame(plain, is_fixed=True)]
    ways = [plain, f"How {be} {term} defined", f'What does the term "{bare}" mean', f'What is the definition of "{bare}"']
    # A single word may be a verb, and "is" after a plural marks a name: both must be quoted in the question.
    is_word = term == bare and (" " not in term or (be == "is" and bool(re.search(r"[^su]s$", term))))
    if is_word or answer.verb in ("means", "refers to", "refer to", "denotes") or answer.output.startswith(("That ", "To ")):
        ways = ways[2:]
    turn = sum(map(ord, bare)) % len(ways)
    chosen = plain if plain in ways and turn % 2 == 0 else ways[turn]
    other = ways[(ways.index(chosen) + 1) % len(ways)]
    return [Frame(chosen, is_fixed=True), Frame(other, is_fixed=True)]


def _of_condition(line: str, text: str) -> Frame | None:
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
    if (inner := AUXILIARY.match(main)) and _is_subject(inner["subject"]) and inner["verb"] in MODALS:
        if PARTICIPLE.match(inner["rest"]) or inner["rest"].startswith("be "):
            return Frame(f"What {inner['verb']} be done {word} {condition}", is_fixed=True)
        return Frame(f"What {inner['verb']} {_lower(inner['subject'], text)} do {word} {condition}", is_fixed=True)
    return Frame(f"What happens {word} {condition}", is_fixed=True) if word in ("if", "when", "during") else None


def inverted(answer: Answer) -> str:
    """Return verb and subject in question order ("is the theater army"), or "" if they cannot be determined."""
    match = AUXILIARY.match(_plain(answer.output))
    if not match or not _is_subject(match["subject"]) or NEGATION.match(match["rest"]):
        return ""
    return f"{match['verb']} {_lower(match['subject'], answer.passage.text)}"


def _of_object(line: str, text: str) -> Frame | None:
    """Build a frame from a verb in the simple present: "The engineer records each …", "Measures use the …"."""
    for pattern, do in ((THIRD_PERSON, "does"), (PLURAL, "do")):
        match = pattern.match(line)
        if match and _is_plain_verb(match, do):
            verb = _infinitive(match["verb"]) if do == "does" else match["verb"]
            if frame := _of_verb(f"{do} {_lower(match['subject'], text)} {verb}", verb, rest=match["rest"]):
                return frame
    return None


def _is_plain_verb(match: re.Match[str], do: str) -> bool:
    """Return whether the word matched as the verb really is one and agrees with its subject."""
    subject, verb, rest = match["subject"], match["verb"], match["rest"]
    if not _is_subject(subject) or re.search(rf"\b(?:{MODAL}|{BE})\b", subject):
        return False
    if verb in ("has", "have"):
        return not re.match(r"(?:been|had|to)\b", rest)
    if verb in STOP_WORDS or verb in NO_VERB or verb.endswith(("al", "ive", "ous")) or subject.split()[0].endswith("ing"):
        return False
    parts = subject.split()
    if do == "do":
        return parts[0].lower() not in ("a", "an", "each", "every") and not rest.startswith("that ")
    is_plural = any(re.search(r"[^su'’]s$", part) for part in parts)
    after_first = f" {' '.join(parts[1:])} "
    return not is_plural and not NEW_PHRASE.search(after_first)


def _of_verb(beginning: str, verb: str, *, rest: str) -> Frame | None:
    """Build a frame from `beginning` ("does the engineer record") and `rest`, the sentence after the verb."""
    if number := re.match(r"^(?:about |at least |up to )?\d[\d.,]* (?P<unit>[a-z]+s)\b", rest):
        return Frame(f"How many {number['unit']} {beginning}")
    if OBJECT.match(rest) or (verb in TAKING - DOUBTFUL and not _has_verb_first(rest)):
        return Frame(f"What {beginning}")
    preposition = PREPOSITION.match(rest)
    if not preposition or re.search(rf"\b(?:{MODAL}|{BE})\b", rest):
        return None
    if preposition["word"] == "to" and verb in AIMING:
        return Frame(f"What {beginning} to do")
    word = preposition["word"]
    is_bound = word in ("on", "with", "from") or (word == "to" and verb in LEADING) or verb == "consist"
    return Frame(f"What {beginning} {word}") if is_bound else None


def _of_auxiliary(line: str, text: str) -> Frame | None:
    """Build a frame from a sentence with "must", "can", "is" … by swapping the verb and its subject."""
    match = AUXILIARY.match(line)
    if not match or not _is_subject(match["subject"]) or NEGATION.match(match["rest"]):
        return None
    verb, subject, rest = match["verb"], _lower(match["subject"], text), match["rest"]
    passive = PARTICIPLE.match(rest)
    if passive and bool(passive["be"]) != (verb in FINITE_BE):
        return _of_passive(
            verb, subject, f"{passive['be'] or ''}{passive['participle']}{passive['particle'] or ''}", after=passive["after"]
        )
    if verb in FINITE_BE:
        return _of_be(f"{verb} {subject}", rest)
    action, _, after = rest.partition(" ")
    if action == "be" or (action in RESTING and MEASURE.match(after)):
        return None
    if OBJECT.match(after) or MEASURE.match(after) or (action in TAKING and not PREPOSITION.match(after)):
        return Frame(f"What {verb} {subject} {action}")
    if PLACE.match(after):
        return Frame(f"Where {verb} {subject} {action}")
    return Frame(f"What {verb} {subject} do", is_fixed=True)


def _of_be(beginning: str, rest: str) -> Frame | None:
    """Build a frame from `beginning` ("is the pressure") and `rest`, if that is a measure, a use or a quality."""
    if dimension := DIMENSION.match(rest):
        return Frame(f"How {dimension['adjective']} {beginning}", is_fixed=True)
    if MEASURE.match(rest):
        return Frame(f"What {beginning}")
    if serving := SERVING.match(rest):
        return Frame(f"What {beginning} {serving['used']} to do", is_fixed=True)
    if fitting := FITTING.match(rest):
        tail = f"{fitting['to']} to" if fitting["to"] else f"{fitting['quality']} {fitting['word']}"
        return Frame(f"What {beginning} {tail}", is_fixed=True)
    return None


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
        (PLACE, "Where"),
    ):
        if pattern.match(after):
            return Frame(f"{word} {verb} {subject} {done}")
    if re.match(r"^on (?:the|an?) ", after):
        based = done.endswith(("based", "focused", "centered", "built"))
        return Frame(f"What {verb} {subject} {done} on" if based else f"Where {verb} {subject} {done}")
    if by := re.match(r"^by (?P<agent>.+)$", after):
        return Frame(f"{'Who' if PERSON.match(by['agent']) else 'What'} {verb} {subject} {done} by")
    if preposition := re.match(r"^(?P<word>to|with|from|at|as|into|of) (?:(?:the|an?|one)\b|\d)", after):
        return Frame(f"What {verb} {subject} {done} {preposition['word']}")
    return None


def _is_subject(text: str) -> bool:
    """Return whether `text` is a short noun phrase, as far as one can tell without a parser."""
    words = text.split()
    first = words[0].lower()
    opener = first in NOBODY | TAKING or (
        first in STOP_WORDS and first not in ("a", "an", "the", "each", "every", "all", "any", "most")
    )
    return not opener and len(words) <= 10 and not CLAUSE.search(text) and words[-1].lower() not in STOP_WORDS


def _is_imperative(clause: str) -> bool:
    """Return whether a clause is a command such as "stop the motor": a bare verb, then its object or a preposition."""
    first, _, rest = clause.partition(" ")
    is_verb = first.isalpha() and first.lower() not in STOP_WORDS and not first.lower().endswith(("s", "ing", "ed", "ly"))
    return is_verb and bool(re.match(r"(?:the|an?|all|any|each|every|to|for|on|off|down|no|your|it|\d[\d.,]*)\b", rest))


def _infinitive(verb: str) -> str:
    if verb in ("has", "does", "goes"):
        return {"has": "have", "does": "do", "goes": "go"}[verb]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return verb[:-2] if re.search(r"(?:ss|sh|ch|x|[^iy]z|o|cus)es$", verb) else verb[:-1]


def _has_verb_first(rest: str) -> bool:
    """Return whether `rest` begins with a verb, preposition or conjunction, so that the word before it was a noun.

    Examples: "deception measures | use the", "controls | are used".
    """
    first = rest.split()[0]
    return first in TAKING or bool(PREPOSITION.match(rest)) or bool(re.match(rf"(?:{MODAL}|{BE}|has|have|and|or)\b", first))


def _lower(subject: str, text: str) -> str:
    """Return the subject as written inside a question: with a small first letter unless it is a name or abbreviation.

    A name is a word that `text` also capitalizes inside a sentence, or that is followed by another name.
    """
    first, _, rest = subject.partition(" ")
    has_name = any(word[0].isupper() and not word.isupper() for word in rest.split())
    is_name = has_name or first[1:] != first[1:].lower() or is_name_in(text, first) or len(first) < 2
    return subject if is_name and first.lower() not in STOP_WORDS else subject[0].lower() + subject[1:]
