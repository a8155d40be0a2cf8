"""What can be asked of a clause: the part that is the answer, and the question word that asks for it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import MODALS
from core.language.grammar import Word
from core.questions.kinds import OF_CLAUSES
from core.questions.writers.guided.asking import verb_phrase
from core.questions.writers.guided.clause import Clause, Part, is_list, span_text
from core.questions.writers.guided.meaning import NUMBER_WORD, PURPOSES, content
from core.questions.writers.guided.nouns import BODIES, PEOPLE, is_event, is_person, is_place, is_time

_QUANTITY = re.compile(
    r"^(?P<number>(?:about |at least |at most |up to |only |over |approximately |(?:no )?(?:more|less|fewer) than )?"
    rf"(?:\d[\d.,]*|{NUMBER_WORD})(?! or ))"
    r" (?P<what>.+)$",
    re.IGNORECASE,
)
_FREQUENCY = re.compile(
    r"^(?:every|once|twice|daily|weekly|monthly|quarterly|yearly|annually|hourly|\w+ times)\b", re.IGNORECASE
)
_DURATION = re.compile(rf"^for (?:about |at least |up to )?(?:\d|(?:{NUMBER_WORD}|an?) )", re.IGNORECASE)
_SERVING = frozenset(
    "use design intend require employ task organize equip need seek aim try plan expect build authorize".split()
)
_SAYING = frozenset("ensure verify state mean indicate require determine assume recognize check specify".split())
_RESERVES = frozenset("necessary appropriate possible applicable".split())
# Verbs whose object may be something that is done: "includes training the crew".
_OF_DOING = frozenset("include entail involve mean require".split())
_LIGHT_VERBS = frozenset("play take make give set have keep bear lay pay do get put hold".split())
# Verbs that say what somebody else does: "The plan requires the crew to wait."
_LEADING = frozenset(
    "require enable allow help cause task direct permit force lead assist encourage order instruct ask request tell teach "
    "authorize expect prepare posture position empower urge invite".split()
)
# Verbs after which "if" means "whether".
_WONDERING = frozenset("inform determine see ask know decide verify check wonder tell learn assess consider".split())
# Verbs that bring something to somebody or something.
_GIVING = frozenset(
    "provide give assign send report transmit submit allocate attach deliver present issue pass release transfer delegate "
    "apply add link tie connect limit return bring move extend distribute forward communicate".split()
)
# Verbs whose object is only whom something is given or kept from, if this word follows.
_HALF_TOLD = dict.fromkeys("prevent keep stop deter discourage prohibit".split(), "from")
_HALF_TOLD |= dict.fromkeys("provide supply equip furnish present".split(), "with")
# Verbs that go from one thing to another, of which one alone says little.
_RANGING = frozenset("range vary differ extend shift move transition".split())
LEAST_OF_MANY = 5  # meaningful words that tell one thing of many
LEAST_SAID_OF = 4  # meaningful words that say what something is
LONGEST_GIVEN = 10  # words of what somebody is given, with which "To whom …?" can still be read
FEWEST_OF_DOING = 3  # words that say what is done
_TELLING = _SAYING | frozenset("identify show know define describe establish depend decide explain tell ask".split())
_PREPOSITIONS = frozenset("to from for against into".split())
_WHICH = _PREPOSITIONS | frozenset("in at under within through by over across between".split())
# Verbs with the preposition that belongs to them, which stays behind the verb: "What does it consist of?"
_PAIRS = (
    ("consist of", "depend on", "rely on", "refer to", "lead to", "result in", "focus on", "contribute to", "apply to")
    + ("belong to", "respond to", "base on", "serve as", "act as", "function as", "result from", "account for", "adhere to")
    + ("comply with", "correspond to", "conform to", "participate in", "begin with", "culminate in", "provide for", "key on")
)
_BOUND = frozenset((pair.split()[0], pair.split()[1]) for pair in _PAIRS)
_PLACING = frozenset(
    "publish describe specify find list store record keep hold state display post locate place install file".split()
)
_LEVELS = frozenset(
    "level echelon phase stage step mode area region category class format temperature pressure speed angle depth height "
    "distance direction language position order condition document form".split()
)
_OF_THINGS = frozenset("consist comprise depend".split())  # said of bodies of people as of things
_TIME_OPENINGS = {word: "When" for word in ("in", "on", "at", "before", "after")} | {"within": "How soon"}
_PLACE_PREPOSITIONS = frozenset("in at on inside near behind under".split())
_CONDITIONS = {"if": "Under which condition", "unless": "Under which condition", "when": "When", "whenever": "When"}
_CONDITIONS |= {"once": "When", "until": "Until when", "before": "When", "after": "When"}
_QUANTIFIED = frozenset("each every all any no either neither both some".split())
_FIXED = frozenset(
    "order addition accordance general particular fact turn case charge relation regard respect contrast comparison place "
    "standard support conjunction coordination concert response example instance least part detail effect nature way "
    "manner".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part of a clause as the answer, asked for by `opening` ("How often").

    `answer` is the part as an answer, `end` words in the part's place after the verb ("to do"). With `asks_predicate`, the
    part is a condition, and what is done under it is the answer.
    """

    kind: str
    opening: str
    part: Part
    answer: str
    end: str = ""
    asks_predicate: bool = False


def gaps(clause: Clause) -> Iterator[Gap]:
    """Yield what can be asked of a clause, the most telling parts first."""
    parts = [*clause.after, *clause.before]
    objects = {part.role for part in clause.after} & {"dobj", "ccomp", "xcomp"}
    if clause.words[clause.verb].lemma in _TELLING and not objects and not clause.auxiliaries:
        return  # what is told is missing
    if any(_compares(clause, part) for part in parts):
        return  # whoever acts "as the commander of …" must stand next to that
    found = [gap for part in parts for gap in _of_part(clause, part) if not gap.end or _may_strand(clause, part)]
    if _may_be_anything(clause):
        found = [
            gap for gap in found if gap.part.role not in ("dobj", "xcomp") or len(set(content(gap.answer))) >= LEAST_OF_MANY
        ]
    yield from sorted(found, key=lambda gap: OF_CLAUSES.index(gap.kind))
    if clause.subject is not None:
        yield from _of_subject(clause, clause.subject)
    yield from _of_predicate(clause)


def _may_be_anything(clause: Clause) -> bool:
    """Return whether a clause says what may be, which is one thing of many."""
    return any(clause.words[at].text.lower() in ("may", "might", "could", "can") for at in clause.auxiliaries)


def _compares(clause: Clause, part: Part) -> bool:
    """Return whether a part says as what or like whom somebody acts, rather than "as necessary"."""
    is_reserve = part.end - part.start == 2 and clause.words[part.start + 1].text.lower() in _RESERVES
    return clause.first_word(part) in ("as", "like", "unlike") and not is_reserve


def _may_strand(clause: Clause, part: Part) -> bool:
    """Return whether a preposition may stay behind in the place of a part: not before another "to", nor before "by"."""
    following = [other for other in clause.after if other.start >= part.end]
    return not following or (clause.first_word(following[0]) not in ("to", "by") and following[0].role == "prep")


def _of_part(clause: Clause, part: Part) -> Iterator[Gap]:
    match part.role:
        case "dobj" | "attr":
            yield from _of_noun(clause, part)
        case "acomp":
            yield from _of_quality(clause, part)
        case "xcomp":
            yield from _of_infinitive(clause, part)
        case "ccomp":
            yield from _of_content(clause, part)
        case "agent":
            yield from _of_agent(clause, part)
        case "prep" | "dative":
            yield from _of_preposition(clause, part)
        case "npadvmod" | "advmod":
            if _FREQUENCY.match(clause.text(part)):
                yield Gap(kind="time", opening="How often", part=part, answer=clause.text(part))
        case "advcl":
            yield from _of_adverbial(clause, part)


def is_linking(clause: Clause) -> bool:
    """Return whether "be" is the verb itself, as in "A plan is a tool"."""
    return clause.words[clause.verb].lemma == "be"


def _of_subject(clause: Clause, subject: Part) -> Iterator[Gap]:
    attributes = [part for part in clause.after if part.role in ("attr", "acomp", "xcomp", "ccomp")]
    is_one = bool(attributes) and all(_is_said_of_one(clause, part) for part in attributes)
    head = clause.words[subject.head]
    acts_on_itself = re.search(r"\b(?:each other|one another)\b", span_text(clause.words, clause.verb, len(clause.words)))
    is_doing = head.text.lower() == clause.words[clause.verb].text.lower()  # "Contour flying is flying …"
    if head.part in ("NOUN", "PROPN") and (is_one or not is_linking(clause)) and not (acts_on_itself or is_doing):
        is_short = re.fullmatch(r"[A-Z][A-Z0-9-]+s?", head.text) is not None
        heads = _joined_nouns(clause.words, subject)
        people = [is_person(clause.words, at) for at in heads]
        is_body = any(_is_body(clause.words, at) for at in heads)
        is_open = (is_short or is_body or any(people)) and clause.words[clause.verb].lemma not in _OF_THINGS
        opening = "Who" if all(people) else "Who or what" if is_open else "What"
        yield Gap(kind="fact", opening=opening, part=subject, answer=clause.text(subject))


def _joined_nouns(words: Sequence[Word], part: Part) -> list[int]:
    """Return the nouns that a part is: its head and those joined to it, but none of what describes them."""
    nouns = [part.head]
    for at in range(part.head + 1, part.end):
        if words[at].role == "conj" and words[at].head in nouns:
            nouns.append(at)
    return nouns


def _is_body(words: Sequence[Word], noun: int) -> bool:
    """Return whether a noun stands for what people make up, or is an abbreviation, which often does."""
    return words[noun].lemma.lower() in BODIES or re.fullmatch(r"[A-Z][A-Z0-9-]+s?", words[noun].text) is not None


def _is_said_of_one(clause: Clause, part: Part) -> bool:
    """Return whether "What is …?" can ask who or what this is said of: "a plan that …", "essential to success"."""
    if part.role in ("xcomp", "ccomp"):
        return False
    if part.role == "attr":
        is_one_of_many = len(set(content(clause.text(part)))) < LEAST_OF_MANY or bool(clause.auxiliaries)
        first = clause.first_word(part)
        return first == "the" or (first in ("a", "an") and not is_one_of_many)
    return part.end - part.start >= 3 and not is_list(clause.words, part)


def _of_noun(clause: Clause, part: Part) -> Iterator[Gap]:
    text, head = clause.text(part), clause.words[part.head]
    if head.part not in ("NOUN", "PROPN", "NUM", "SYM"):
        return
    if clause.words[clause.verb].lemma in ("have", "fill", "face"):
        return  # "What do they have?" may be many things
    if part.role == "attr" and not (_asks_what_it_is(clause) and len(set(content(text))) >= LEAST_SAID_OF):
        return
    others = (*clause.before, *(each for each in clause.after if each.end <= part.start))
    if part.role == "attr" and (clause.adverbs or any(each.role in ("advcl", "advmod") for each in others)):
        return  # what something is "typically", or is "because …", is not what it is
    if _leads_to_act(clause) or _may_go_on(clause, part) or _may_hold_next(clause, part) or _gives(clause, part):
        return
    following = next((other for other in clause.after if other.start >= part.end), None)
    if following and clause.first_word(following) == "as":  # "air defense for the force | as a whole"
        return
    quantity = _QUANTITY.match(text)
    if quantity and head.tag == "NNS" and part.role == "dobj":
        what = _counted(clause.words, part)
        yield Gap(kind="number", opening=f"How many {what}", part=part, answer=text)
        return
    if clause.words[clause.verb].lemma in _LIGHT_VERBS:
        return  # "play a part", "take place", "take a holistic view"
    kind = "number" if re.match(r"^[\d$€£]", text) else "fact"
    person = is_person(clause.words, part.head)
    if person and part.role == "dobj":
        return  # "Whom do they provide?"
    is_named_person = person and clause.subject is not None and is_person(clause.words, clause.subject.head)
    opening = "Who" if is_named_person else "What"  # a detachment that "is the liaison" is no person
    yield Gap(kind=kind, opening=opening, part=part, answer=text)


def _asks_what_it_is(clause: Clause) -> bool:
    """Return whether "What is …?" can be asked of a subject: not of "the results", nor of "its ability"."""
    subject = clause.subject
    if subject is None:
        return False
    words = clause.words[subject.start : subject.end]
    is_hanging = words[0].text.lower() == "the" and clause.words[subject.head].tag == "NNS" and len(words) <= 5
    is_counted = any(word.part == "NUM" for word in words)
    return (is_counted or not is_hanging) and not any(word.tag == "PRP$" for word in words)


def _counted(words: Sequence[Word], part: Part) -> str:
    """Return what is counted, without its number and what describes it after the noun: "liters" in "200 liters of oil"."""
    number = max((at for at in range(part.start, part.head) if words[at].part == "NUM"), default=part.start - 1)
    end = part.head + 1
    if end < part.end and words[end].text == "of":
        end = part.end
    return span_text(words, number + 1, min(end, number + 9))


def _of_quality(clause: Clause, part: Part) -> Iterator[Gap]:
    text, head = clause.text(part), clause.words[part.head]
    if clause.words[clause.verb].lemma != "be":
        return
    if re.match(r"^(?:about |at least |at most |up to )?\d", text) and re.search(
        r"(?:long|wide|high|deep|thick|tall|heavy|old)$", text
    ):
        yield Gap(kind="number", opening=f"How {head.text}", part=part, answer=text)
        return
    match = re.match(r"^(?P<start>(?:\w+ly )?[\w-]+ (?:for|to|of|from|with|on|against)) (?P<what>(?!be )\S+ .+)$", text)
    if match and match["start"].split()[-2] == head.text and not _is_infinitive(clause, part):
        yield Gap(kind="fact", opening="What", part=part, answer=match["what"], end=match["start"])


def _leads_to_act(clause: Clause) -> bool:
    """Return whether the verb says what its object does, so that neither means anything without the other."""
    has_object = any(part.role in ("dobj", "ccomp", "xcomp") for part in clause.after)
    acts = (part for part in clause.after if part.role in ("advcl", "xcomp", "ccomp"))
    is_acting = any(_has_to(clause, part) for part in acts) or any(
        clause.first_word(part) == "in" and _has_gerund(clause, part) for part in clause.after if part.role == "prep"
    )
    return clause.words[clause.verb].lemma in _LEADING and has_object and is_acting


def _has_to(clause: Clause, part: Part) -> bool:
    return any(clause.words[at].tag == "TO" for at in range(part.start, part.end))


def _gives(clause: Clause, part: Part) -> bool:
    """Return whether an object may be who gets another one, "assign units taskings", or is kept from something."""
    words = clause.words
    following = {clause.first_word(each) for each in clause.after}
    if _HALF_TOLD.get(words[clause.verb].lemma) in following:
        return True
    others = [each for each in clause.after if each.role in ("dobj", "dative") and words[each.start].part != "ADP"]
    is_run_on = words[part.head].tag == "NNS" and words[part.head - 1].tag == "NNS" and part.head > part.start
    return len(others) > 1 or (is_run_on and words[clause.verb].lemma in _GIVING)


def _may_hold_next(clause: Clause, part: Part) -> bool:
    """Return whether "to" behind an object may belong to it: "evaluate their vulnerability | to threats"."""
    following = next((other for other in clause.after if other.start == part.end), None)
    is_to = following is not None and following.role in ("prep", "dative") and clause.first_word(following) == "to"
    return is_to and clause.words[clause.verb].lemma not in _GIVING


def _may_go_on(clause: Clause, part: Part) -> bool:
    """Return whether what follows a part may belong to it: "the time and place | to conduct reviews"."""
    following = next((other for other in clause.after if other.start == part.end), None)
    if following is None:
        return False
    is_for = clause.first_word(following) == "for" and _has_to(clause, following)
    return following.role == "npadvmod" or is_for or (following.role == "advcl" and clause.first_word(following) == "to")


def _is_infinitive(clause: Clause, part: Part) -> bool:
    return any(
        clause.words[at].tag == "TO" and clause.words[at].head < part.end and clause.words[clause.words[at].head].tag == "VB"
        for at in range(part.head, min(part.head + 3, part.end))
    )


def _of_infinitive(clause: Clause, part: Part) -> Iterator[Gap]:
    verb, text = clause.words[clause.verb], clause.text(part)
    if clause.words[part.start].tag != "TO":
        if clause.words[part.start].tag == "VBG":
            yield from _of_doing(clause, part)
        return
    if verb.lemma == "be" and clause.subject and clause.words[clause.subject.head].lemma in PURPOSES:
        yield Gap(kind="reason", opening="What", part=part, answer=text)
    elif verb.lemma in _SERVING and not _leads_to_act(clause):
        yield Gap(
            kind="reason" if verb.lemma in ("use", "design", "intend", "build") else "fact",
            opening="What",
            part=part,
            answer=text,
            end="to do",
        )


def _of_doing(clause: Clause, part: Part) -> Iterator[Gap]:
    """Yield what is done as the answer: "What does the inspection include?" "Opening all valves."."""
    if clause.words[clause.verb].lemma in _OF_DOING and part.end - part.start >= FEWEST_OF_DOING:
        yield Gap(kind="fact", opening="What", part=part, answer=clause.text(part))


def _of_content(clause: Clause, part: Part) -> Iterator[Gap]:
    text = clause.text(part)
    is_that = clause.first_word(part) == "that"
    if any(other.start == part.end for other in clause.after):
        return  # what follows belongs to what is said: "ensure | battle tasks nest | to the tasks …"
    if clause.words[clause.verb].lemma in _SAYING and (is_that or clause.words[clause.verb].lemma == "ensure"):
        yield Gap(kind="fact", opening="What", part=part, answer=text if is_that else f"that {text}")


def _of_agent(clause: Clause, part: Part) -> Iterator[Gap]:
    noun = _object(clause.words, part)
    if noun is not None and clause.words[noun].part in ("NOUN", "PROPN"):
        following = next((other for other in clause.after if other.start == part.end), None)
        is_number = following is not None and clause.words[following.start].part == "NUM"
        if following and (following.role == "npadvmod" or is_number) and not is_time(clause.words[following.head]):
            return  # "by the commander | two echelons above"
        opening = "By whom" if is_person(clause.words, noun) or _is_body(clause.words, noun) else "By what"
        yield Gap(kind="fact", opening=opening, part=part, answer=span_text(clause.words, part.start + 1, part.end))


def _of_preposition(clause: Clause, part: Part) -> Iterator[Gap]:
    words, text = clause.words, clause.text(part)
    first = clause.first_word(part)
    if _has_gerund(clause, part):
        if first in ("by", "through"):
            yield Gap(kind="manner", opening="How", part=part, answer=text)
        return
    if is_linking(clause) or clause.words[clause.verb].lemma in _RANGING:
        return  # "Training is important for …" says of what, not for what
    noun = _object(words, part)
    if noun is None or words[part.head].text.lower() != first or words[noun].part not in ("NOUN", "PROPN", "NUM"):
        return
    if (words[clause.verb].lemma, first) in _BOUND and part.start == clause.verb + 1:
        yield Gap(kind="fact", opening="What", part=part, answer=span_text(words, part.start + 1, part.end), end=first)
        return
    if _is_set(words, part, noun) or _may_belong_before(clause, part) or _is_given_much(clause, noun):
        return
    gap = _of_circumstance(clause, part, noun)
    if gap is not None:
        yield gap
    elif first in _WHICH and not is_time(words[noun]) and not (first == "from" and _has_end(clause)):
        asked = _asked_noun(words, part, noun)
        if first in _PREPOSITIONS or asked.startswith("which "):
            yield Gap(kind="fact", opening=f"{first.capitalize()} {asked}", part=part, answer=text)


def _is_given_much(clause: Clause, noun: int) -> bool:
    """Return whether somebody is given what takes so many words that "To whom …?" is lost on them."""
    is_long = any(part.role == "dobj" and part.end - part.start > LONGEST_GIVEN for part in clause.after)
    return is_long and clause.words[noun].lemma.lower() in PEOPLE


def _has_end(clause: Clause) -> bool:
    """Return whether a clause says to where something goes, so that "from" alone is half of it."""
    return any(word.text.lower() in ("to", "into", "until", "through") for word in clause.words[clause.verb :])


def _is_set(words: Sequence[Word], part: Part, noun: int) -> bool:
    """Return whether a part is a set phrase, or of "each" or "any", so that nobody would ask for it."""
    inner = {words[at].text.lower() for at in range(part.start, noun)}
    return bool(inner & _QUANTIFIED) or words[noun].lemma in _FIXED


def _may_belong_before(clause: Clause, part: Part) -> bool:
    before = next((other for other in clause.after if other.end == part.start and other.role == "dobj"), None)
    return before is not None and _may_hold_next(clause, before)


def _of_circumstance(clause: Clause, part: Part, noun: int) -> Gap | None:
    """Return the gap that a time or place leaves, or None if a part is neither."""
    words, text = clause.words, clause.text(part)
    first = clause.first_word(part)
    if is_time(words[noun]):
        opening = _TIME_OPENINGS.get(first)
        opening = "How long" if first == "for" and _DURATION.match(text) else opening
        return Gap(kind="time", opening=opening, part=part, answer=text) if opening else None
    if first in ("before", "after") and is_event(words[noun]):
        return Gap(kind="time", opening="When", part=part, answer=text)
    is_kept = words[clause.verb].lemma in _PLACING and bool(clause.auxiliaries)
    if first in _PLACE_PREPOSITIONS and (is_place(words[noun]) or is_kept):
        return Gap(kind="place", opening="Where", part=part, answer=text)
    return None


def _has_gerund(clause: Clause, part: Part) -> bool:
    return any(
        clause.words[at].tag == "VBG" and clause.words[at].role == "pcomp" and clause.words[at].head == part.head
        for at in range(part.start, part.end)
    )


def _asked_noun(words: Sequence[Word], part: Part, noun: int) -> str:
    """Return what to ask for after a preposition: "whom", "which level" or "what"."""
    if words[noun].lemma.lower() in PEOPLE:
        return "whom"
    described = [at for at in range(part.start, noun) if words[at].head == noun and words[at].role in ("amod", "compound")]
    is_named = (
        noun == part.end - 1
        and described
        and words[noun].lemma.lower() in _LEVELS
        and words[noun].tag in ("NN", "NNS")
        and "," not in span_text(words, part.start, part.end)
    )
    return f"which {words[noun].text}" if is_named else "what"


def _object(words: Sequence[Word], part: Part) -> int | None:
    return next((at for at in range(part.start, part.end) if words[at].role == "pobj" and words[at].head == part.head), None)


def _of_adverbial(clause: Clause, part: Part) -> Iterator[Gap]:
    text, words = clause.text(part), clause.words
    first = clause.first_word(part)
    if _is_told(clause, part) or (
        first == "to" and (_leads_to_act(clause) or _goes_on(clause, part) or _is_bound(clause, part))
    ):
        return
    if re.match(r"to (?:be|include|have)\b", text.lower()) or (first == "when" and words[part.head].tag == "VBG"):
        return
    if first == "to" and any(clause.first_word(other) == "to" for other in (*clause.before, *clause.after) if other != part):
        return  # the purpose is told already
    if first == "to" or text.lower().startswith(("in order to ", "so that ", "so as to ")):
        if clause.words[clause.verb].lemma != "be" or clause.auxiliaries:
            yield Gap(kind="reason", opening="Why", part=part, answer=text)
    elif first == "because":
        yield Gap(kind="reason", opening="Why", part=part, answer=text)
    elif first in _CONDITIONS and words[part.head].tag != "VBN" or first in ("if", "when", "unless", "once"):
        yield Gap(kind="condition", opening=_CONDITIONS[first], part=part, answer=text)
    elif first == "using" and not any(clause.first_word(other) == "by" for other in clause.after):
        yield Gap(kind="manner", opening="How", part=part, answer=text)


def _is_bound(clause: Clause, part: Part) -> bool:
    """Return whether "to" belongs to the verb, so that the parser took a noun for a verb: "lead | to plan failure"."""
    return part.start == clause.verb + 1 and (clause.words[clause.verb].lemma, clause.first_word(part)) in _BOUND


def _is_told(clause: Clause, part: Part) -> bool:
    """Return whether a part is what is told or asked, not when: "identifies when …", "informs the commander if …"."""
    lemma = clause.words[clause.verb].lemma
    is_whether = clause.first_word(part) in ("if", "when") and lemma in _WONDERING and part in clause.after
    return is_whether or (part.start == clause.verb + 1 and lemma in _TELLING)


def _goes_on(clause: Clause, part: Part) -> bool:
    """Return whether the parser took another verb of the sentence for a piece of a purpose: "to support and identifies"."""
    return any(
        clause.words[at].tag in ("VBZ", "VBD") and clause.words[at].role == "conj" for at in range(part.start, part.end)
    )


def _of_predicate(clause: Clause) -> Iterator[Gap]:
    """Yield what is to be done under a condition: "What should you do if the pressure falls?"."""
    conditions = [p for p in (*clause.before, *clause.after) if p.role == "advcl" and clause.first_word(p) in _CONDITIONS]
    operator = clause.words[clause.auxiliaries[0]].text.lower() if clause.auxiliaries else ""
    is_active = clause.words[clause.verb].tag == "VB" and len(clause.auxiliaries) <= 1
    if (
        len(conditions) == 1
        and conditions[0] in clause.before
        and is_active
        and (clause.subject is None or operator in MODALS)
    ):
        if clause.words[clause.verb].lemma != "be":
            yield Gap(kind="condition", opening="What", part=conditions[0], answer=verb_phrase(clause), asks_predicate=True)
