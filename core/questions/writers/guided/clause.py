"""Take the clauses of a parsed sentence apart: subject, verb, and the parts before and after the verb.

What is joined by "and" is told apart: "The crew checks the rope and rigs the block." gives two clauses with one subject.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.language.english.function_words import DEMONSTRATIVES, PRONOUNS, SUBORDINATORS
from core.language.grammar import Word
from core.questions.writers.guided.meaning import Spellings

SUBJECTS = {"nsubj", "nsubjpass"}
# What may follow a verb and be asked for, or stay in the question.
PARTS = frozenset("dobj attr acomp oprd dative prep agent advcl xcomp ccomp npadvmod advmod prt".split())
OBJECTS = frozenset("dobj attr acomp prep agent xcomp ccomp dative".split())
# A clause with one of these is not asked about: it belongs to another, or the parser was unsure.
FOREIGN = {
    "csubj",
    "csubjpass",
    "expl",
    "parataxis",
    "dep",
    "intj",
    "meta",
    "nsubj",
    "nsubjpass",
    "nummod",
    "appos",
    "relcl",
}
# Adverbs that tie a sentence to the one before it.
CONNECTORS = frozenset(
    "also however therefore thus hence additionally furthermore moreover similarly likewise finally consequently lastly "
    "first second third next then again further still thereby accordingly ultimately simultaneously now "
    "alternatively conversely nonetheless nevertheless meanwhile".split()
)
# Words that turn a clause into its opposite, and marks that join it to something else.
DENYING = frozenset("not n't never nor neither hardly no — ; :".split())
# Words that begin an addition after a comma.
ADDING = frozenset("which who whom whose where including".split())
# Words that stand for what another sentence told.
POINTERS = DEMONSTRATIVES - {"that"} | {"such", "both", "latter", "former", "aforementioned", "here", "there"}
# Words for somebody or something that the sentence itself may have named before them.
_NAMED_BEFORE = PRONOUNS | {"him", "respective"}
# Words that an aside in commas begins with if it changes what is said.
_LIMITING = frozenset("without except unless but not if only".split())
# Words that begin a clause on which another one hangs.
MARKS = SUBORDINATORS | {"regardless", "even", "as", "whenever", "after", "before"}
# Nouns in the singular that may have a verb in the plural.
_GROUPS = frozenset("staff police personnel crew team".split())


@dataclass(frozen=True, slots=True)
class Part:
    """A constituent of a clause: words `start` to `end` (exclusive), with word `head` as its head, which has this `role`."""

    role: str
    head: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A main clause. `subject` is None for a command ("Close the valve.").

    `verb` is the number of the verb, `auxiliaries` those of its auxiliaries in order, `adverbs` those of adverbs among them.
    `before` and `after` are the parts before the subject and after the verb, in the order of the sentence. `twins` are the
    verbs before this one that share its object: "manages and allocates resources".
    """

    words: Sequence[Word]
    subject: Part | None
    verb: int
    auxiliaries: tuple[int, ...]
    adverbs: tuple[int, ...]
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    twins: tuple[int, ...] = ()

    def text(self, part: Part) -> str:
        """Return the part's words as they stand in the sentence, without commas around them."""
        return span_text(self.words, part.start, part.end)

    def first_word(self, part: Part) -> str:
        """Return the first word of a part in lower case."""
        return self.words[part.start].text.lower()


def span_text(words: Sequence[Word], start: int, end: int) -> str:
    """Return words `start` to `end` with the blanks between them that the sentence has, without commas around them."""
    pieces = []
    for at in range(start, end):
        gap = words[at + 1].start - words[at].end if at + 1 < end else 0
        pieces.append(words[at].text + " " * bool(gap))
    text = "".join(pieces).strip(" ,;:")
    is_last = end == len(words) and text.count(".") == 1  # no "U.S."
    return text.removesuffix(".") if is_last else text  # the parser leaves a code its full stop: "2S."


def is_list(words: Sequence[Word], part: Part) -> bool:
    """Return whether the head of a part is joined to others like it: "ropes and blocks"."""
    return any(words[at].role == "conj" and words[at].head == part.head for at in range(part.start, part.end))


def clauses(words: Sequence[Word]) -> list[Clause]:
    """Return the main clauses of a parsed sentence that can be asked about, in order; none if the parse is doubtful."""
    children = children_of(words)
    roots = [at for at, word in enumerate(words) if word.head == at]
    if len(roots) != 1 or words[roots[0]].part not in ("VERB", "AUX"):
        return []
    return list(_joined(words, children, roots[0], None))


def children_of(words: Sequence[Word]) -> list[list[int]]:
    """Return for each word the words that depend on it."""
    children: list[list[int]] = [[] for _ in words]
    for at, word in enumerate(words):
        if word.head != at:
            children[word.head].append(at)
    return children


def _joined(
    words: Sequence[Word],
    children: Sequence[Sequence[int]],
    verb: int,
    first: Clause | None,
    twins: tuple[int, ...] = (),
) -> Iterator[Clause]:
    """Yield the clause of `verb`, and those of the verbs joined to it, which share the subject of `first` if need be."""
    clause = _clause(words, children, verb, first)
    joined = [at for at in children[verb] if words[at].role == "conj" and words[at].part in ("VERB", "AUX")]
    has_object = clause is not None and any(part.role in OBJECTS for part in clause.after)
    sharing = [at for at in joined if not has_object and _shares_object(words, children, verb, at)]
    is_choice = joined and any(words[at].role == "cc" and words[at].text.lower() in ("or", "but") for at in children[verb])
    if is_choice or any(_is_participle(words, verb, at) or not _has_joint(words, children, at) for at in joined):
        return
    if clause and not sharing:
        yield replace(clause, twins=twins)
    for at in joined:
        yield from _joined(words, children, at, clause or first, (*twins, verb) if at in sharing else ())


def _has_joint(words: Sequence[Word], children: Sequence[Sequence[int]], joined: int) -> bool:
    """Return whether "and" or a comma joins a clause, as it must unless the parser took a noun for its verb."""
    own = children[joined]
    if any(words[at].tag == "TO" for at in own) and any(words[at].role in SUBJECTS for at in own):
        return False  # "for adults and their children | to learn"
    begin = min((part_of(words, children, at).start for at in own if at < joined), default=joined)
    before = [word.tag for word in words[max(0, begin - 3) : begin]]
    if before == ["CC", "NNS", "CC"]:
        return False  # "to the force and alerts | and cues the gunners"
    return begin == 0 or words[begin - 1].part in ("CCONJ", "PUNCT")


def _shares_object(words: Sequence[Word], children: Sequence[Sequence[int]], verb: int, joined: int) -> bool:
    """Return whether an object stands behind two or more verbs and belongs to all: "manages and allocates resources"."""
    is_next = all(words[at].part in ("CCONJ", "PUNCT") for at in range(verb + 1, joined))
    return is_next and (
        any(words[at].role in OBJECTS for at in children[joined])
        or any(words[at].role == "conj" and _shares_object(words, children, joined, at) for at in children[joined])
    )


def _clause(words: Sequence[Word], children: Sequence[Sequence[int]], verb: int, first: Clause | None) -> Clause | None:
    own = children[verb]
    found = _subject(words, children, verb, first)
    if found is None:
        return None
    subject, is_own, auxiliaries = found
    parts = [part_of(words, children, at) for at in own if words[at].role in PARTS]
    begin = subject.start if subject is not None and is_own else verb
    # What stands before the subject that two verbs share holds for both: "If the bell rings, the crew stops and waits."
    shared = tuple(part for part in first.before if not is_own or part.role == "advcl") if first is not None else ()
    adverbs = tuple(p.head for p in parts if p.role == "advmod" and p.end <= verb and (begin < p.start or _hedges(words, p)))
    clause = Clause(
        words=words,
        subject=subject,
        verb=verb,
        auxiliaries=auxiliaries,
        adverbs=tuple(at for at in adverbs if words[at].text.lower() not in CONNECTORS),
        before=shared + tuple(p for p in parts if p.end <= begin and not _is_dropped(words, p) and p.head not in adverbs),
        after=tuple(p for p in parts if p.start > verb and not _is_aside(words, p)),
    )
    if any(p.start > verb and _is_aside(words, p) and words[p.start].text.lower() == "as" for p in parts):
        return None  # ", as necessary," is a condition
    if any(at + 1 < len(words) and words[at].text[:1] and words[at + 1].part == "ADP" for at in adverbs if at < begin):
        return None  # "Concurrently with other acts, …"
    if subject is None and verb > 0 and not clause.before:
        return None  # no command, but a verb without a subject
    if any(p.role == "ccomp" for p in clause.before):
        return None  # "The pump needs care, the valve needs oil, and …"
    if subject is not None and (words[subject.end].text == ":" or (verb > subject.head and words[verb].text[:1].isupper())):
        return None  # a label, or a cell of a table, that ran into the sentence
    if _loses_its_mark(clause) or _may_possess(clause) or "-" in words[verb].text + words[verb - 1].text:
        return None
    is_doubtful = any(_is_loose(words, part) or _is_cut(words, part) for part in parts)
    return clause if not is_doubtful and _is_whole(clause, parts, own) and _has_its_number(clause) else None


def _loses_its_mark(clause: Clause) -> bool:
    """Return whether the sentence begins with "once", "while" or the like, and the parser took it for a word alone."""
    first = clause.words[0].text.lower()
    return first in MARKS and not any(part.start == 0 and part.end > 1 for part in clause.before)


def _may_possess(clause: Clause) -> bool:
    """Return whether "has limited duties" was taken for what somebody has done."""
    words = clause.words
    is_perfect = [words[at].lemma for at in clause.auxiliaries] == ["have"] and clause.auxiliaries[0] == clause.verb - 1
    after = next((part for part in clause.after if part.start == clause.verb + 1), None)
    return is_perfect and after is not None and after.role == "dobj" and words[after.start].tag in ("NN", "NNS", "JJ")


def _subject(
    words: Sequence[Word], children: Sequence[Sequence[int]], verb: int, first: Clause | None
) -> tuple[Part | None, bool, tuple[int, ...]] | None:
    """Return the subject of a verb, whether it is its own, and the auxiliaries; None if the verb heads no sound clause.

    A command has no subject.
    """
    own = children[verb]
    subjects = [at for at in own if words[at].role in SUBJECTS]
    auxiliaries = tuple(at for at in own if words[at].role in ("aux", "auxpass") and at < verb)
    is_foreign = any(words[at].role in FOREIGN and at not in subjects for at in own) or len(subjects) > 1
    if is_foreign or any(words[at].tag == "TO" for at in auxiliaries):
        return None
    if subjects:
        subject = _without_aside(words, part_of(words, children, subjects[0]))
        is_turned = subject.end > verb or any(at < subject.start for at in auxiliaries)  # "Should the crew see …"
        return None if is_turned or _interrupts(words, subject) else (subject, True, auxiliaries)
    if first is not None:
        return _shared(words, children, verb, auxiliaries, first)
    return (None, False, ()) if words[verb].tag == "VB" and not auxiliaries else None


def _shared(
    words: Sequence[Word], children: Sequence[Sequence[int]], verb: int, auxiliaries: tuple[int, ...], first: Clause
) -> tuple[Part, bool, tuple[int, ...]] | None:
    """Return subject and auxiliaries that a verb shares with the one it is joined to by "and"."""
    is_alternative = any(words[at].lemma == "or" for at in children[words[verb].head] if words[at].role == "cc")
    shared = auxiliaries or _shared_auxiliaries(words, verb, first)
    if is_alternative or first.subject is None or not _agrees(words, verb, shared, first):
        return None
    return first.subject, False, shared


def _has_its_number(clause: Clause) -> bool:
    """Return whether subject and verb agree; if they do not, the parser or the author was wrong."""
    if clause.subject is None:
        return True
    head, finite = clause.words[clause.subject.head], clause.words[(clause.auxiliaries or (clause.verb,))[0]]
    is_joined = is_list(clause.words, clause.subject)
    if is_joined and any(word.text == "and" for word in clause.words[clause.subject.start : clause.subject.end]):
        return finite.tag != "VBZ"
    if head.tag == "NN" and not is_joined:
        return finite.tag != "VBP" or head.text.lower() in _GROUPS
    return head.tag != "NNS" or finite.tag != "VBZ" or head.text[-1:].isdigit()


def _is_whole(clause: Clause, parts: Sequence[Part], own: Sequence[int]) -> bool:
    """Return whether the parts account for every word around the verb, so that nothing, least of all a "not", is lost."""
    words = clause.words
    known = {clause.verb, *clause.auxiliaries, *own}
    for part in (*parts, *([clause.subject] if clause.subject else [])):
        known.update(range(part.start, part.end))
    if any(words[at].role == "neg" or words[at].text.lower() in DENYING for at in own):
        return False
    roles = {words[at].role for at in own}
    if "cc" in roles and "conj" not in roles:
        return False  # what "and" joins was taken for a part
    if any(words[at].role == "conj" and words[at].part not in ("VERB", "AUX") for at in own):
        return False  # a piece of a list that the parser joined to the verb
    is_doubtful = _may_belong_to_purpose(clause, own) or _may_belong_to_object(clause)
    if is_doubtful or any(_holds_clause(words, part) for part in parts):
        return False
    ends = [part.end for part in clause.after] or [clause.verb + 1]
    begin = min(
        [part.start for part in clause.before] + [at for at in own if words[at].role in ("aux", "auxpass")] + [clause.verb]
    )
    for at in range(begin, max(ends)):
        if at in known or words[at].part == "PUNCT":
            continue
        left_out_of = (*parts, *([clause.subject] if clause.subject else []))
        if not any(part.start <= words[at].head < part.end for part in left_out_of):  # not on purpose
            return False
    if any(
        part.role in ("dobj", "attr", "npadvmod", "oprd", "dative") and words[part.start - 1].text == ","
        for part in clause.after
    ):
        return False  # a piece of a list
    return all(one.end <= other.start for one, other in zip(clause.after, clause.after[1:], strict=False))


def _may_belong_to_purpose(clause: Clause, own: Sequence[int]) -> bool:
    """Return whether a verb joined to the clause may belong to its purpose: "uses it to task, direct, and manage"."""
    words = clause.words
    helped = {word.head for word in words if word.role == "aux"}
    has_base = any(words[at].role == "conj" and words[at].tag == "VB" and at not in helped for at in own)
    has_purpose = any(words[at].tag == "TO" for part in clause.after for at in range(part.start, part.end))
    return has_base and has_purpose and not clause.auxiliaries


def _may_belong_to_object(clause: Clause) -> bool:
    """Return whether what "and" adds to a later part may belong to the object: "sell coffee during games and a souvenir"."""
    words = clause.words
    objects = [part for part in clause.after if part.role == "dobj"]
    later = [part for part in clause.after if part.role == "prep" and objects and part.start >= objects[0].end]
    return any(
        words[at].text == "and" and words[at + 1].text in ("a", "an") for part in later for at in range(part.start, part.end)
    )


def _is_participle(words: Sequence[Word], verb: int, joined: int) -> bool:
    """Return whether a verb joined to another only describes a noun: "must know the orders and forms received"."""
    past = ("VBD", "VBN")
    is_helped = any(word.head == joined and word.role in ("aux", "auxpass") for word in words)
    return words[joined].tag in past and words[verb].tag not in past and not is_helped


def _holds_clause(words: Sequence[Word], part: Part) -> bool:
    """Return whether the parser took another clause of the sentence for a piece of a part."""
    for at in range(part.start, part.end):
        word, head = words[at], words[words[at].head]
        describes = head.role == "amod" or words[at - 1].text == "-"  # "mixed and overlapping coverage"
        is_doing = part.role == "xcomp" and words[part.head].tag == word.tag == "VBG"
        is_verb = word.part in ("VERB", "AUX") and not describes and not is_doing
        if word.role == "conj" and is_verb and head.part in ("NOUN", "PROPN", "ADJ", "PRON"):
            return True
        if word.role == "conj" and word.tag == "VB" and part.role in ("dobj", "attr") and head.tag == "VB":
            return True  # "maintain an estimate to … and use it": one cannot tell which verb it is joined to
        if word.role in SUBJECTS and head.role in ("conj", "appos", "parataxis", "dep"):
            return True
    return False


def _without_aside(words: Sequence[Word], subject: Part) -> Part:
    """Return a subject without the aside in commas behind it: "A pump, with its valves open, …"."""
    if words[subject.end].text != ",":
        return subject
    for at in range(subject.head + 1, subject.end - 1):
        aside = words[at + 1]
        if words[at].text == "," and aside.role in ("prep", "acl") and aside.text.lower() not in _LIMITING:
            return replace(subject, end=at) if aside.head == subject.head else subject
    return subject


def _interrupts(words: Sequence[Word], subject: Part) -> bool:
    """Return whether a subject holds a comma that is not one between things that are listed."""
    inside = words[subject.start : subject.end]
    return any(word.text == "," for word in inside) and not any(word.text in ("and", "or") for word in inside)


def _is_loose(words: Sequence[Word], part: Part) -> bool:
    """Return whether a part is a participle that belongs to a noun before it, whatever the parser says."""
    is_participle = part.role in ("advcl", "xcomp", "ccomp", "acomp", "oprd") and words[part.head].tag in ("VBN", "VBD")
    follows = part.start > 0 and words[part.start - 1].part in ("NOUN", "PROPN")
    return is_participle and follows and words[part.start].part not in ("SCONJ", "ADP", "PART")


def _is_cut(words: Sequence[Word], part: Part) -> bool:
    """Return whether a part stops at "and", or is a condition that names nobody ("once established", "as required")."""
    is_bare = part.role == "advcl" and part.end - part.start <= 3 and words[part.head].tag in ("VBN", "VBD", "JJ")
    is_alone = part.end - part.start == 1 and words[part.head].tag in ("VBN", "VBD") and part.role != "advmod"
    follows = words[part.end] if part.end + 1 < len(words) else None
    joint = part.end + (follows is not None and follows.text == ",")
    is_listed = (
        joint + 1 < len(words)
        and words[joint].part == "CCONJ"
        and words[joint + 1].part in ("NOUN", "PROPN", "PRON", "DET")
        and not SUBJECTS & {words[joint + 1].role, words[words[joint + 1].head].role}  # of the next clause
    )
    is_empty = follows is not None and follows.part == "CCONJ" and words[part.end - 1].part == "ADP" and part.role != "prt"
    is_aim_listed = (  # "to slow the tide, | lower the gate, and …"
        joint > part.end
        and joint < len(words)
        and words[joint].tag in ("VB", "VBP")
        and any(words[at].tag == "TO" for at in range(part.start, part.end))
    )
    is_torn = words[part.start - 1].text == "-" or (follows is not None and follows.text == "-")  # "semi-annually"
    if is_alone or is_listed or is_empty or is_aim_listed or is_torn:  # a list or a word that goes on behind the part
        return True
    asked = ("how", "why") if part.role == "advmod" else ()  # "…, how it is done for a unit requires …"
    is_added = words[part.start].text.lower() in ("which", "who", "whom", "whose", *asked)
    return words[part.end - 1].part == "CCONJ" or is_bare or is_added


def _contrasts(words: Sequence[Word], part: Part) -> bool:
    """Return whether a part only sets something else against the clause ("while others …"), which can do without it."""
    first = words[part.start].text.lower()
    is_apart = part.start == 0 or words[part.start - 1].text == ","
    return part.role == "advcl" and (first in ("whereas", "although", "though", "even") or (first == "while" and is_apart))


def _is_aside(words: Sequence[Word], part: Part) -> bool:
    """Return whether a part is an aside after a comma, which the clause can do without."""
    return (part.role == "prep" and words[part.start - 1].text == ",") or _contrasts(words, part)


def _shared_auxiliaries(words: Sequence[Word], verb: int, first: Clause) -> tuple[int, ...]:
    """Return the auxiliaries of `first` if the joined verb has the same form: "must check and (must) rig"."""
    same = words[verb].tag == words[first.verb].tag and first.verb not in first.auxiliaries
    return first.auxiliaries if same else ()


def _agrees(words: Sequence[Word], verb: int, auxiliaries: Sequence[int], first: Clause) -> bool:
    """Return whether a joined verb that took over a subject has the form of the first verb, as it must."""
    if auxiliaries:
        return True
    finite = {"VBZ": "VBZ", "VBP": "VBP", "VB": "VBP", "VBD": "VBD"}  # the parser often takes a plural for a base form
    tag, first_tag = words[verb].tag, words[(first.auxiliaries or (first.verb,))[0]].tag
    return tag in finite and finite[tag] == finite.get(first_tag)


def part_of(words: Sequence[Word], children: Sequence[Sequence[int]], head: int) -> Part:
    """Return the constituent under `head`: it and what depends on it, up to an addition after a comma (", which …")."""
    inside, waiting = {head}, [head]
    while waiting:
        for child in children[waiting.pop()]:
            inside.add(child)
            waiting.append(child)
    start, end = min(inside), max(inside) + 1
    for at in range(head + 1, end - 1):
        if words[at].text == "," and words[at + 1].text.lower() in ADDING | {
            w.text for w in words[at + 1 : at + 2] if w.role == "acl"
        }:
            end = at
            break
    while end > start and words[end - 1].part == "PUNCT" and words[end - 1].text in ",;:.":
        end -= 1
    return Part(words[head].role, head, start, end)


def describes_subject(clause: Clause, part: Part) -> bool:
    """Return whether a part before the subject is a participle that describes it: "Built of stone, the tower …"."""
    return part in clause.before and part.role == "advcl" and clause.words[part.start].tag in ("VBG", "VBN")


def _is_dropped(words: Sequence[Word], part: Part) -> bool:
    return _connects(words, part) or _contrasts(words, part)


def _hedges(words: Sequence[Word], part: Part) -> bool:
    """Return whether a part is an adverb before the subject that belongs to the verb: "Normally, the crew …"."""
    return part.end - part.start == 1 and words[part.head].text.lower().endswith(("ly", "often", "sometimes", "always"))


def _connects(words: Sequence[Word], part: Part) -> bool:
    return part.role == "advmod" and words[part.head].text.lower() in CONNECTORS


def inside(words: tuple[Word, ...], spellings: Spellings) -> tuple[Word, ...]:
    """Return the words as inside a sentence: the first one in lower case, unless it is a name or abbreviation."""
    first = words[0]
    is_title = len(words) > 1 and words[1].part == "PROPN" and words[1].text[:1].isupper() and first.part == "PROPN"
    text = _run(words)
    is_name = is_title or text[1:] != text[1:].lower() or _is_written_large(words, spellings)
    return words if is_name else (replace(first, text=first.text.lower()), *words[1:])


def _run(words: Sequence[Word]) -> str:
    """Return the first word with what hyphens join to it, which the parser takes apart: "All-Source"."""
    end = 1
    while (
        end < len(words)
        and words[end].start == words[end - 1].end
        and (words[end].text == "-" or words[end - 1].text == "-")
    ):
        end += 1
    return "".join(word.text for word in words[:end])


def _is_written_large(words: Sequence[Word], spellings: Spellings) -> bool:
    following = words[1].text if len(words) > 1 else ""
    return spellings.is_large(words[0].text, after=following)


def stands_alone(words: Sequence[Word], start: int, end: int) -> bool:
    """Return whether words `start` to `end` mean something to a reader who knows nothing before them.

    Pronouns do not, unless they stand for what another word here names ("their" after "commanders").
    """
    for at in range(start, end):
        text = words[at].text.lower()
        if text in POINTERS and not _is_answered_here(words, at):
            return False
        is_same = text == "that" and at + 1 < end and words[at + 1].text.lower() == "same"
        if text == "that" and not is_same and _points(words, at):
            return False
        if text == "each" and words[at].role != "det" and not _is_followed(words, at, "of", "other"):
            return False
        if (text in _NAMED_BEFORE or is_same) and not any(
            words[other].part in ("NOUN", "PROPN") for other in range(start, at)
        ):
            return False
    return True


def _points(words: Sequence[Word], at: int) -> bool:
    """Return whether "that" stands for something told before: "that plan", "state that during the meeting"."""
    is_object = at + 1 < len(words) and words[at + 1].part in ("ADP", "PUNCT")
    return (is_object or words[at].tag == "DT") and not _is_followed(words, at, "of", "which")


def _is_followed(words: Sequence[Word], at: int, *texts: str) -> bool:
    return at + 1 < len(words) and words[at + 1].text.lower() in texts


def _is_answered_here(words: Sequence[Word], at: int) -> bool:
    """Return whether a pointing word is explained by what follows: "such as", "those who", "both … and"."""
    following = [word.text.lower() for word in words[at + 1 : at + 8]]
    text = words[at].text.lower()
    if text == "such":
        return following[:1] == ["as"]
    if text == "both":
        return "and" in following
    return text == "those" and following[:1] in (["who"], ["that"], ["which"], ["of"], ["assigned"], ["in"], ["with"])
