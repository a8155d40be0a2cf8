"""The same value gets the same surrogate in every document of a project; different values never share one."""

import hmac
import re
import secrets
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from core.privacy.entities import ENTITIES, NAMES, TYPES, WITH_KIND_WORD, invented_as, kin, name_alone
from core.privacy.recognizers.people.given_names import Gender, gender_of, is_given_name, length_class, script_of
from core.privacy.recognizers.people.name_forms import (
    ADDRESSED,
    NAME_PART,
    is_particle,
    label_forms,
    name_words,
    plain,
    shorter_forms,
)
from core.privacy.replacement.invention.candidates import candidates, initials, invented_words, may_be_invented, name_parts
from core.privacy.replacement.invention.grids import GridOffset, move_grid
from core.privacy.replacement.invention.invented import Dice, is_writable, match_case
from core.privacy.replacement.invention.shifting import is_counted, shifted
from core.privacy.replacement.treatments import BLOCKS, KEPT, REMOVED
from core.privacy.text.normalization import normalize_for_detection
from core.records import Span, Treatment

Row = tuple[str, str, str]  # entity, HMAC-SHA256 of the value in hexadecimal, surrogate
Key = tuple[str, str]  # entity and HMAC
PART = "PERSON_PART"  # rows of the single words of persons' names
HIDDEN = "HIDDEN"  # rows of values without a surrogate of their own, kept so that no surrogate equals them
LABEL = "TAG_"  # before the type, in rows of values that have a label: "TAG_PERSON"
SHORT = "TAG_PART"  # rows of the short forms of labelled persons' names, with the label of the one whom they mean
DATES = tuple(type_.name for type_ in TYPES if type_.invention == "date")
# Types of which a surrogate may equal another real value: dates and grids all move by one offset, and ages are few. None of
# them names anybody alone.
MOVED = invented_as("date", "grid") | {"AGE"}
_SEVERAL = "<>"  # stored in place of a label if a short form may mean several people
_CODES = tuple(entity for entity in ENTITIES if entity not in NAMES and entity not in MOVED)
_GRIDS = invented_as("grid")
_NAMES_OF_THINGS = tuple(entity for entity in NAMES if entity != "PERSON")
_SPARE_TRIES = 20  # a search starts this many before the try at which the previous one ended


def new_key() -> bytes:
    """Return a random key for a project: without it nobody can tell which value a row stands for."""
    return secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The text that replaces a value (words for people, if it is removed or kept), and the treatment that led to it."""

    text: str
    treatment: Treatment


class SurrogateTable:
    """Surrogates of one project, made from its stored rows; `rows` holds what has to be stored.

    A person's name is replaced word by word, so that "Smith" and "J. SMITH" share their part with "John Smith". The
    name-like types share one key space: what a name finder takes for a place in one document and for a company in another
    keeps the surrogate that it got first. So do numbers and addresses of every type.

    Args:
        key: the project's secret key.
        rows: the rows stored before.
        avoid: values in the project's documents that must not be issued as surrogates, besides those in `rows`.
        treatments: the treatments of types that do not get surrogates.
    """

    def __init__(
        self,
        key: bytes,
        rows: Iterable[Row],
        *,
        avoid: Iterable[str] = (),
        treatments: Mapping[str, Treatment] | None = None,
    ) -> None:
        self._key = key
        self._treatments = dict(treatments or {})
        self.rows = SurrogateRows(key, rows, avoid=avoid)
        self._first_try: Counter[tuple[object, ...]] = Counter()  # where a search starts, for each pool of invented values
        self._given: dict[tuple[str, str], Replacement] = {}  # answers since the rows last changed, by entity and value
        # one to nine times 52 weeks, back or forth: that keeps the weekday, and nearly the season
        seed = self.rows.digest("DATE", "offset")
        self._weeks = 52 * (1 + int(seed[:8], 16) % 9) * (1 if int(seed[8], 16) % 2 else -1)
        seed = self.rows.digest("GRID", "offset")
        self._grid_offset = GridOffset(10_000 + int(seed[:8], 16) % 80_000, 10_000 + int(seed[8:16], 16) % 80_000)

    def replaced(self, span: Span, text: str) -> Span:
        """Return the span of a document's text with what replaces it."""
        replacement = self.replacement(span.entity, text[span.start : span.end])
        return replace(span, surrogate=replacement.text, treatment=replacement.treatment)

    def surrogate(self, entity: str, value: str) -> str:
        """Return the text of the replacement of `value`."""
        return self.replacement(entity, value).text

    def replacement(self, entity: str, value: str) -> Replacement:
        """Return what replaces `value`, the same for every way of writing it in other letter case or with other white space.

        Invisible characters, odd forms of letters and a word for the kind of thing ("HMS") make no difference either. For
        types that are masked, removed or stay readable, the text is the matching constant of `treatments`. Where no invented
        value is free, it is a label.
        """
        asked = entity, value
        if asked not in self._given:
            changes = self.rows.changes
            replaced = self._replaced(entity, normalize_for_detection(value).text)
            if self.rows.changes != changes:
                self._given.clear()
            self._given[asked] = replaced
        return self._given[asked]

    def _replaced(self, entity: str, value: str) -> Replacement:
        self.rows.withdraw_if_issued(_forms(entity, value))
        treatment = self._treatments.get(entity, "surrogate")
        if treatment == "surrogate":
            realistic = self._realistic(entity, value)
            return Replacement(realistic, "tag" if is_label(realistic) else "surrogate")
        if treatment == "tag":
            return Replacement(self._label(entity, value), "tag")
        for part in _forms(entity, value):
            self.rows.store(self.rows.row(HIDDEN, part), "")
        return Replacement({"mask": BLOCKS, "remove": REMOVED}.get(treatment, KEPT), treatment)

    def _realistic(self, entity: str, value: str) -> str:
        """Return the invented value: the one it has, the one of this text under a kindred type, or a new one."""
        if entity == "PERSON":
            return self._person(value)
        if entity in DATES and is_counted(value):
            return value
        key = self.rows.row(entity, plain(value))
        surrogate = self.rows.surrogate_of(key)
        if surrogate is None:
            surrogate = self._of_another_type(value, types=(*NAMES, PART) if entity in NAMES else _sharing(entity))
        alone = name_alone(value) if surrogate is None and entity in NAMES else value
        if alone != value:
            shared = self._of_another_type(alone, types=(*NAMES, PART))
            if shared is not None or entity in WITH_KIND_WORD:
                return _with_kind_of(value, alone, shared or self._realistic(entity, alone))
        if surrogate is None:
            surrogate = self._invented(key, value)
        return self.rows.record_mapping(key, value, surrogate)

    def _label(self, entity: str, value: str) -> str:
        """Return the numbered label: the one that a form of this value has already, or a new one."""
        kinds = [kind for kind in (entity, *_sharing(entity)) if self._treatments.get(kind) == "tag"]
        for kind in kinds:
            for form in label_forms(kind, value):
                key = self.rows.row(LABEL + kind, form)
                if label := self.rows.surrogate_of(key):
                    return self.rows.record_mapping(key, value, label)
                if kind == "PERSON" and (label := self._meant(form)):
                    return label
        form = label_forms(entity, value)[-1]
        key = self.rows.row(LABEL + entity, form)
        if entity == "PERSON":
            self.rows.store(self.rows.row(HIDDEN, plain(value)), "")
            return self.rows.record_mapping(key, value, self._label_of_person(key, form))
        return self.rows.record_mapping(key, value, self._issue(key, value, ()))

    def _label_of_person(self, key: Key, form: str) -> str:
        """Return the label of whoever had a shorter form of this name alone ("Smith" of "John Smith"), else a new one.

        From now on the shorter forms mean this person. Those that already mean another person get labels of their own, and
        the label that stood for both becomes `stale`: whoever had it by a short form gets another one.
        """
        shorter = {short: self.rows.row(SHORT, short) for short in shorter_forms(form)}
        label = ""
        for short, meant in shorter.items():
            own = self.rows.row(key[0], short)
            its_label = self.rows.surrogate_of(own)
            if its_label and not self.rows.surrogate_of(meant) and label in ("", its_label):
                label = its_label  # so far this short form means nobody else
                self.rows.forget(own)
        if label:
            self.rows.store(key, label)
        else:
            label = self._issue(key, form, ())
        for meant in shorter.values():
            before = self.rows.surrogate_of(meant)
            if before is None:
                self.rows.store(meant, label)
            elif before not in (label, _SEVERAL):
                self.rows.stale.add(plain(before))
                self.rows.store(meant, _SEVERAL)
        return label

    def _meant(self, form: str) -> str | None:
        """Return the label of the one person a short form means; None if it may mean several, or nobody known."""
        label = self.rows.surrogate_of(self.rows.row(SHORT, form))
        return None if label == _SEVERAL else label

    def _of_another_type(self, value: str, *, types: Iterable[str]) -> str | None:
        """Return the surrogate that this very value has under one of `types`, in its letter case; None if it has none."""
        form = plain(value)
        for kind in types:
            key = self.rows.row(kind, form)
            surrogate = self.rows.surrogate_of(key)
            if surrogate:
                shown = surrogate if is_label(surrogate) or kind not in (*NAMES, PART) else match_case(surrogate, value)
                return self.rows.record_mapping(key, value, shown)
        return None

    def _person(self, value: str) -> str:
        whole = " ".join(unicodedata.normalize("NFC", value).split())
        address = ADDRESSED.match(whole)
        if address and not self.rows.surrogate_of(
            self.rows.row("PERSON", plain(whole))
        ):  # in "BG AA" no rank is meant if "Bg Aa" is a known name
            return f"{address[0]}{self._replaced_name(whole[address.end() :], title=address[0])}"
        return self._replaced_name(whole, title="")

    def _replaced_name(self, whole: str, *, title: str) -> str:
        shared = self._of_another_type(whole, types=_NAMES_OF_THINGS)
        if shared is not None:
            return shared
        alone = name_alone(whole)
        shared = self._of_another_type(alone, types=_NAMES_OF_THINGS) if alone != whole else None
        if shared is not None:
            return _with_kind_of(whole, alone, shared)
        words = NAME_PART.findall(whole)
        key = self.rows.row("PERSON", plain(whole))
        if words and all(is_writable(word) for word in words) and not re.search(r"\d", whole):  # digits would stay
            replaced = self._free_name(key, whole, words, title=title)
            if replaced.casefold() != whole.casefold():
                if whole != words[0] and plain(self.rows.surrogate_of(key) or "") != plain(replaced):
                    self.rows.store(key, replaced)  # in case it is taken for another type later
                return self.rows.record_mapping(key, whole, replaced) if self.rows.surrogate_of(key) else replaced
        surrogate = self.rows.surrogate_of(key) or self._issue(key, whole, ())
        return self.rows.record_mapping(key, whole, surrogate)

    def _free_name(self, key: Key, whole: str, words: list[str], *, title: str) -> str:
        """Replace the name word by word; try other words if the new whole is real or already replaces something else."""
        while True:
            replaced = self._word_by_word(whole, words, title=title)
            form = plain(replaced)
            if plain(self.rows.surrogate_of(key) or "") == form or len(words) == 1 or form == plain(whole):
                return replaced
            if not self.rows.is_value(form) and not self.rows.is_replacement(form, but_of=key):
                return replaced
            last = plain(NAME_PART.findall(replaced)[-1])
            if not self.rows.is_replacement(last):  # an initial, a particle: nothing to replace
                return self.rows.surrogate_of(key) or self._issue(key, whole, ())
            self.rows.avoid([last])
            self.rows.withdraw(last, has_whole_name=False)

    def _word_by_word(self, whole: str, words: list[str], *, title: str) -> str:
        gender = gender_of(words[0], title)
        return NAME_PART.sub(
            lambda match: self._part(
                match[0],
                is_surname=match[0] == words[-1] and (len(words) > 1 or not is_given_name(words[-1])),
                gender=gender if match[0] == words[0] else "",
            ),
            whole,
        )

    def _part(self, word: str, *, is_surname: bool, gender: Gender) -> str:
        if is_particle(word):
            return word
        form = plain(word)
        key = self.rows.row(PART, form)
        surrogate = self.rows.surrogate_of(key)
        if surrogate is None and len(form) == 1:
            return self._initial(word)
        if surrogate is None:
            shared = self._of_another_type(word, types=_NAMES_OF_THINGS)
            if shared is not None and not is_label(shared):  # "<NRP_1> Berg" reads worse than two names
                return shared
            pool = (PART, script_of(word), length_class(word), gender, is_surname)
            surrogate = self._issue_from(pool, key, word, partial(name_parts, word, gender=gender, is_surname=is_surname))
        return self.rows.record_mapping(key, word, match_case(surrogate, word))

    def _initial(self, word: str) -> str:
        """Return another letter for an initial: avoiding the real ones, 26 letters would soon leave none."""
        script = script_of(word)
        letters = initials(self._dice(self.rows.digest(PART, script), 0), script)
        letter = letters.get(word.upper(), "X")
        return letter.lower() if word.islower() else match_case(letter, word)

    def _invented(self, key: Key, value: str) -> str:
        """Return a new surrogate for `value`, realistic if the type allows it."""
        entity = key[0]
        if entity in DATES or entity in _GRIDS:
            moved = move_grid(value, self._grid_offset) if entity in _GRIDS else shifted(value, self._weeks)
            return self._issue(key, value, [moved] if moved else ())
        return self._issue_from((entity,), key, value, partial(candidates, entity, value))

    def _issue_from(self, pool: tuple[object, ...], key: Key, value: str, source: Callable[..., Iterable[str]]) -> str:
        """Issue as `_issue` does, but start near where the previous search ended, so a crowded pool is not rescanned."""
        reached = first = self._first_try[pool]

        def dice_at(turn: int) -> Dice:
            nonlocal reached
            reached = turn
            return self._dice(key[1], turn)

        surrogate = self._issue(key, value, source(dice_at, first=first))
        self._first_try[pool] = max(first, reached - _SPARE_TRIES)
        return surrogate

    def _issue(self, key: Key, value: str, candidates: Iterable[str]) -> str:
        entity = key[0]
        self.rows.count_as_real(key)  # so that the value itself is not a candidate
        labels = (f"<{entity_of(key)}_{number}>" for number in count(1 + self.rows.count_of(entity)))
        chosen = next(c for source in (candidates, labels) for c in source if self.rows.is_free(entity, c, value))
        self.rows.store(key, chosen)
        return chosen

    def _dice(self, digest: str, turn: int) -> Dice:
        def stream() -> Iterator[int]:
            for block in count():
                yield from hmac.digest(self._key, f"{digest}\0{turn}\0{block}".encode(), "sha256")

        return Dice(stream())


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateMapping:
    """A value as it was written, and its surrogate: what re-identification is made of."""

    entity: str
    value: str
    surrogate: str


class SurrogateRows:
    """Surrogates by keyed hashes of their values, so that no stored row reveals the value it stands for.

    If a value equals a surrogate issued earlier, that surrogate is withdrawn: `stale` names it, and the value that had it
    gets another one on the next request.

    Args:
        key: the project's secret key.
        rows: the rows stored before.
        avoid: values in the project's documents that must not be issued as surrogates, besides those in `rows`.
    """

    def __init__(self, key: bytes, rows: Iterable[Row], *, avoid: Iterable[str] = ()) -> None:
        self._key = key
        self._known: dict[Key, str] = {}
        self._holders: defaultdict[str, set[Key]] = defaultdict(set)  # keys that have a surrogate, by its plain form
        self._with_word: defaultdict[str, set[str]] = defaultdict(set)  # plain forms of surrogates by their words
        self._digests: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._avoid = {plain(value) for value in avoid}
        self._new: dict[Key, str] = {}
        self._gone: set[Key] = set()
        self.changes = 0  # how often a row was added or removed
        self.stale: set[str] = set()  # plain forms of withdrawn surrogates
        self._mappings: dict[
            Key, SurrogateMapping
        ] = {}  # every mapping requested, with the value as it was first written here
        for entity, digest, surrogate in rows:
            self.store((entity, digest), surrogate, is_new=False)

    def row(self, entity: str, form: str) -> Key:
        """Return the key of a plain form of this type."""
        return entity, self.digest(entity, form)

    def digest(self, entity: str, form: str) -> str:
        """Return the HMAC-SHA256 of a plain form of this type, in hexadecimal."""
        return hmac.digest(self._key, f"{entity}\0{form}".encode("utf-8", "surrogatepass"), "sha256").hex()

    def surrogate_of(self, key: Key) -> str | None:
        """Return the surrogate of this key; None if it has none."""
        return self._known.get(key)

    def is_replacement(self, form: str, *, but_of: Key | None = None) -> bool:
        """Return whether a plain form is already the surrogate of a key other than `but_of`."""
        return bool(self._holders.get(form, set()) - {but_of})

    def is_free(self, entity: str, candidate: str, value: str) -> bool:
        """Return whether the candidate equals no known value or surrogate; a moved quantity may equal another real one.

        A name within it must not be real either: no address in "Whitcombe" if somebody has that name.
        """
        form = plain(candidate)
        if self.is_replacement(form) or form == plain(value):
            return False
        return entity in MOVED or not any(map(self.is_real, {form, *invented_words(entity, form)}))

    def is_real(self, form: str) -> bool:
        """Return whether a plain form is a value, or appears in the documents at hand."""
        return form in self._avoid or self.is_value(form)

    def is_value(self, form: str) -> bool:
        """Return whether a value of any type is known by this plain form."""
        return any(self.digest(entity, form) in self._digests for entity in self._counts)

    def count_of(self, entity: str) -> int:
        """Return how many values of this type are known."""
        return self._counts[entity]

    def avoid(self, values: Iterable[str]) -> None:
        """Issue none of these values as surrogates from now on."""
        self._avoid.update(plain(value) for value in values)

    def record_mapping(self, key: Key, value: str, surrogate: str) -> str:
        """Record for re-identification that `surrogate` replaces `value`, and return the surrogate."""
        self._mappings.setdefault(key, SurrogateMapping(entity=entity_of(key), value=value, surrogate=surrogate))
        return surrogate

    def count_as_real(self, key: Key) -> None:
        """Count this key's value among the real ones before it has a surrogate."""
        self._digests.add(key[1])
        self._counts.setdefault(key[0], 0)

    def store(self, key: Key, surrogate: str, *, is_new: bool = True) -> None:
        """Let `surrogate` replace the value of this key from now on; "" if the value is only known to be real."""
        entity, digest = key
        before = self._known.get(key)
        if before is not None:
            self._holders[plain(before)].discard(key)
        elif is_new and not surrogate and digest in self._digests:
            return
        self._digests.add(digest)
        self._counts[entity] += before is None
        if surrogate:
            self._known[key] = surrogate
            form = plain(surrogate)
            self._holders[form].add(key)
            for word in NAME_PART.findall(form):
                self._with_word[word].add(form)
        if is_new:
            self.changes += 1
            self._new[key] = surrogate
            self._gone.discard(key)

    def withdraw_if_issued(self, forms: Iterable[str]) -> None:
        """Withdraw every surrogate that equals one of these forms or contains it as a name, because the forms are real."""
        for form in forms:
            holders = {key for key in self._holders.get(form, ()) if key[0] not in MOVED}
            is_replaced = bool(holders) and not is_label(form)
            with_word = self._with_word.get(form, ()) if may_be_invented(form) else ()
            if is_replaced or any(map(partial(self._is_within, form), with_word)):
                self.withdraw(form, has_whole_name=any(kind == "PERSON" for kind, _ in holders))

    def _is_within(self, form: str, surrogate: str) -> bool:
        """Return whether the form is a name within this surrogate of several words, which is in use."""
        holders = self._holders.get(surrogate, ())
        return not is_label(surrogate) and any(form in invented_words(kind, surrogate) for kind, _ in holders)

    def withdraw(self, form: str, *, has_whole_name: bool) -> None:
        """Forget every row whose surrogate is `form` or contains it as a word; for a whole name, its last word goes too."""
        stale = {form}
        words = NAME_PART.findall(form)
        if has_whole_name and len(words) > 1:
            stale.add(words[-1])
        self.stale |= stale
        for held in {held for one in stale for held in (one, *self._with_word.get(one, ()))}:
            for key in [key for key in self._holders.get(held, ()) if key[0] not in MOVED]:
                self.forget(key)

    def forget(self, key: Key) -> None:
        """Withdraw the surrogate of this key."""
        self.changes += 1
        self._holders[plain(self._known.pop(key))].discard(key)
        self._mappings.pop(key, None)
        self._new.pop(key, None)
        self._gone.add(key)

    def new(self) -> list[Row]:
        """Return the rows issued since the table was loaded."""
        return [(*key, surrogate) for key, surrogate in self._new.items()]

    def gone(self) -> list[Key]:
        """Return the keys of rows that were withdrawn since the table was loaded."""
        return sorted(self._gone)

    def mappings(self) -> list[SurrogateMapping]:
        """Return every mapping requested since the table was loaded."""
        return list(self._mappings.values())

    def new_mappings(self) -> list[SurrogateMapping]:
        """Return the mappings of the rows issued since the table was loaded."""
        return [self._mappings[key] for key in self._new if key in self._mappings]


def entity_of(key: Key) -> str:
    """Return the type of personal data of a row that has a surrogate or a label; not of one of `HIDDEN` or `SHORT`."""
    return key[0].removeprefix(LABEL).removesuffix("_PART")


def is_touched(form: str, stale: Iterable[str]) -> bool:
    """Return whether a plain form is one of the stale ones, or has one of them among its words."""
    words = set(NAME_PART.findall(form))
    return any(form == one or one in words for one in stale)


def is_label(surrogate: str) -> bool:
    """Return whether this is a numbered label such as `<PERSON_12>`."""
    return surrogate.startswith("<")


def _forms(entity: str, value: str) -> set[str]:
    """Return the plain forms that a value makes real: the whole, the name without its kind, the words of a person's name."""
    parts = name_words(value) if entity == "PERSON" else ()
    return {plain(value), *parts, *((plain(name_alone(value)),) if entity in NAMES else ())}


def _with_kind_of(value: str, alone: str, replaced: str) -> str:
    """Return `replaced` after the word for the kind of thing in `value`: "HMS Ardent" for "HMS Brackenfell"."""
    kind = " ".join(value.removesuffix(alone).split())
    return f"{kind} {replaced}"


def _sharing(entity: str) -> tuple[str, ...]:
    """Return the types under which the same text gets the same surrogate.

    More than its `kin`: a date of birth that stands elsewhere as a date is shifted alike, a number is replaced alike
    whatever it was taken for, though a reviewer decides about each type for itself.
    """
    return next((types for types in (DATES, _CODES) if entity in types), kin(entity))
