"""The rows of a project's surrogate table: what is known, what may be issued, and what has to be stored."""

import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from core.privacy.entities import TYPES, invented_as
from core.privacy.recognizers.people.name_forms import NAME_PART, plain
from core.privacy.replacement.invention.candidates import invented_words, may_be_invented

Row = tuple[str, str, str]  # entity, HMAC-SHA256 of the value in hexadecimal, surrogate
Key = tuple[str, str]  # entity and HMAC
PART = "PERSON_PART"
HIDDEN = "HIDDEN"  # rows of values without a surrogate of their own, kept so that no surrogate equals them
TAG = "TAG_"
SHORT = "TAG_PART"  # rows of the short forms of labelled persons' names, with the label of the one whom they mean
DATES = tuple(type_.name for type_ in TYPES if type_.invention == "date")
# Quantities: moved by one offset, or of so few values that another real one cannot be avoided; they name nobody alone.
MOVED = invented_as("date", "grid") | {"AGE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateMapping:
    """A value as it was written, and its surrogate: what re-identification is made of."""

    entity: str
    value: str
    surrogate: str


class SurrogateRows:
    """Surrogates by keyed hashes of their values, so that no stored row reveals the value it stands for.

    If a value equals a surrogate issued earlier, that surrogate is withdrawn: `stale` names it, and whoever had it gets
    another one on the next request.

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
        self._met: dict[Key, SurrogateMapping] = {}  # every pair requested, with the value as it was first written here
        for entity, digest, surrogate in rows:
            self.hold((entity, digest), surrogate, is_new=False)

    def row(self, entity: str, form: str) -> Key:
        """Return the key of a plain form of this type."""
        return entity, self.digest(entity, form)

    def digest(self, entity: str, form: str) -> str:
        """Return the HMAC-SHA256 of a plain form of this type, in hexadecimal."""
        return hmac.digest(self._key, f"{entity}\0{form}".encode("utf-8", "surrogatepass"), "sha256").hex()

    def found(self, key: Key) -> str | None:
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

    def noted(self, key: Key, value: str, surrogate: str) -> str:
        """Record for re-identification that `surrogate` replaces `value`, and return the surrogate."""
        self._met.setdefault(key, SurrogateMapping(entity=entity_of(key), value=value, surrogate=surrogate))
        return surrogate

    def know(self, key: Key) -> None:
        """Count this key's value among the real ones before it has a surrogate."""
        self._digests.add(key[1])
        self._counts.setdefault(key[0], 0)

    def hold(self, key: Key, surrogate: str, *, is_new: bool = True) -> None:
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

    def meet(self, forms: Iterable[str]) -> None:
        """Withdraw every surrogate that equals one of these forms or contains it as a name, because the forms are real."""
        for form in forms:
            holders = {key for key in self._holders.get(form, ()) if key[0] not in MOVED}
            is_replaced = bool(holders) and not is_tag(form)
            with_word = self._with_word.get(form, ()) if may_be_invented(form) else ()
            if is_replaced or any(map(partial(self._is_within, form), with_word)):
                self.withdraw(form, has_whole_name=any(kind == "PERSON" for kind, _ in holders))

    def _is_within(self, form: str, surrogate: str) -> bool:
        """Return whether the form is a name within this surrogate of several words, which is in use."""
        holders = self._holders.get(surrogate, ())
        return not is_tag(surrogate) and any(form in invented_words(kind, surrogate) for kind, _ in holders)

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
        self._met.pop(key, None)
        self._new.pop(key, None)
        self._gone.add(key)

    def new(self) -> list[Row]:
        """Return the rows issued since the table was loaded."""
        return [(*key, surrogate) for key, surrogate in self._new.items()]

    def gone(self) -> list[Key]:
        """Return the keys of rows that were withdrawn since the table was loaded."""
        return sorted(self._gone)

    def pairs(self) -> list[SurrogateMapping]:
        """Return every pair requested since the table was loaded."""
        return list(self._met.values())

    def new_pairs(self) -> list[SurrogateMapping]:
        """Return the pairs of the rows issued since the table was loaded."""
        return [self._met[key] for key in self._new if key in self._met]


def entity_of(key: Key) -> str:
    """Return the type of personal data of a row, whatever kind of row it is."""
    return key[0].removeprefix(TAG).removesuffix("_PART")


def is_touched(form: str, stale: Iterable[str]) -> bool:
    """Return whether a plain form is one of the stale ones, or has one of them among its words."""
    words = set(NAME_PART.findall(form))
    return any(form == one or one in words for one in stale)


def is_tag(surrogate: str) -> bool:
    """Return whether this is a numbered label such as `<PERSON_12>`."""
    return surrogate.startswith("<")
