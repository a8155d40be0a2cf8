"""The rows of a project's surrogate table: what is known, what may be given out, and what has to be stored."""

import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from core.privacy.entities import TYPES, invented_as
from core.privacy.recognizers.people.name_forms import NAME_PART, plain
from core.privacy.replacement.invention.proposals import invented_words, may_be_invented

Row = tuple[str, str, str]  # entity, HMAC-SHA256 of the value in hexadecimal, surrogate
Key = tuple[str, str]  # entity and HMAC
PART = "PERSON_PART"
HIDDEN = "HIDDEN"  # rows of values without a surrogate of their own, known so that no surrogate equals them
TAG = "TAG_"
SHORT = "TAG_PART"  # rows of the short forms of labelled persons' names, with the label of the one whom they mean
DATES = tuple(type_.name for type_ in TYPES if type_.invention == "date")
# Quantities: moved by one offset, or of so few values that another real one cannot be avoided; they name nobody alone.
MOVED = invented_as("date", "grid") | {"AGE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A value as it was written and what replaces it: what the way back is made of."""

    entity: str
    value: str
    surrogate: str


class SurrogateRows:
    """Surrogates by keyed hashes of their values, so that no stored row tells which value it stands for.

    A value that equals a surrogate given out earlier takes that surrogate out of use: `stale` names it, and whoever had it
    gets another one when it is asked for again.

    Args:
        key: the project's secret key.
        rows: what was stored before.
        avoid: values that stand in the project's documents and so must not be given out, besides those in `rows`.
    """

    def __init__(self, key: bytes, rows: Iterable[Row], *, avoid: Iterable[str] = ()) -> None:
        self._key = key
        self._known: dict[Key, str] = {}
        self._holders: defaultdict[str, set[Key]] = defaultdict(set)  # who has a surrogate, by its plain form
        self._with_word: defaultdict[str, set[str]] = defaultdict(set)  # plain forms of surrogates by their words
        self._digests: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._avoid = {plain(value) for value in avoid}
        self._new: dict[Key, str] = {}
        self._gone: set[Key] = set()
        self.changes = 0  # how often a row was added or taken away
        self.stale: set[str] = set()  # plain forms of surrogates taken out of use
        self._met: dict[Key, Pair] = {}  # every pair asked for, with the value as it was first written here
        for entity, digest, surrogate in rows:
            self.hold((entity, digest), surrogate, is_new=False)

    def row(self, entity: str, form: str) -> Key:
        """The key under which a plain form of this type is known."""
        return entity, self.digest(entity, form)

    def digest(self, entity: str, form: str) -> str:
        """HMAC-SHA256 of a plain form of this type, in hexadecimal."""
        return hmac.digest(self._key, f"{entity}\0{form}".encode("utf-8", "surrogatepass"), "sha256").hex()

    def found(self, key: Key) -> str | None:
        """What replaces the value of this key."""
        return self._known.get(key)

    def is_replacement(self, form: str, *, but_of: Key | None = None) -> bool:
        """Whether a plain form replaces something already, besides the value of the key `but_of`."""
        return bool(self._holders.get(form, set()) - {but_of})

    def is_free(self, entity: str, candidate: str, value: str) -> bool:
        """Whether nothing known, replaced or replacing, equals the candidate; a moved one may be another real one.

        Nor may a name within it be a real one: no address in "Whitcombe" where somebody is called so.
        """
        form = plain(candidate)
        if self.is_replacement(form) or form == plain(value):
            return False
        return entity in MOVED or not any(map(self.is_real, {form, *invented_words(entity, form)}))

    def is_real(self, form: str) -> bool:
        """Whether a plain form is a value, or stands in the documents at hand."""
        return form in self._avoid or self.is_value(form)

    def is_value(self, form: str) -> bool:
        """Whether a value of any type is known by this plain form."""
        return any(self.digest(entity, form) in self._digests for entity in self._counts)

    def count_of(self, entity: str) -> int:
        """How many values of this type are known."""
        return self._counts[entity]

    def avoid(self, values: Iterable[str]) -> None:
        """Give out none of these values from now on."""
        self._avoid.update(plain(value) for value in values)

    def noted(self, key: Key, value: str, surrogate: str) -> str:
        """The surrogate, once it is noted for the way back that it replaces `value`."""
        self._met.setdefault(key, Pair(entity=entity_of(key), value=value, surrogate=surrogate))
        return surrogate

    def know(self, key: Key) -> None:
        """Count the value of this key among the real ones before it has a surrogate."""
        self._digests.add(key[1])
        self._counts.setdefault(key[0], 0)

    def hold(self, key: Key, surrogate: str, *, is_new: bool = True) -> None:
        """Let `surrogate` replace the value of this key from now on; "" for one that is only known to be real."""
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
        """Take out of use what equals one of these forms or has it as a name: they are real."""
        for form in forms:
            holders = {key for key in self._holders.get(form, ()) if key[0] not in MOVED}
            is_replaced = bool(holders) and not is_tag(form)
            with_word = self._with_word.get(form, ()) if may_be_invented(form) else ()
            if is_replaced or any(map(partial(self._is_within, form), with_word)):
                self.withdraw(form, has_whole_name=any(kind == "PERSON" for kind, _ in holders))

    def _is_within(self, form: str, surrogate: str) -> bool:
        """Whether the value is a name within a surrogate of several words that somebody has."""
        holders = self._holders.get(surrogate, ())
        return not is_tag(surrogate) and any(form in invented_words(kind, surrogate) for kind, _ in holders)

    def withdraw(self, form: str, *, has_whole_name: bool) -> None:
        """Forget every row whose surrogate is `form` or has it as a word; of a whole name its last word goes too."""
        stale = {form}
        words = NAME_PART.findall(form)
        if has_whole_name and len(words) > 1:
            stale.add(words[-1])
        self.stale |= stale
        for held in {held for one in stale for held in (one, *self._with_word.get(one, ()))}:
            for key in [key for key in self._holders.get(held, ()) if key[0] not in MOVED]:
                self.forget(key)

    def forget(self, key: Key) -> None:
        """Take the surrogate of this key out of use."""
        self.changes += 1
        self._holders[plain(self._known.pop(key))].discard(key)
        self._met.pop(key, None)
        self._new.pop(key, None)
        self._gone.add(key)

    def new(self) -> list[Row]:
        """Rows given out since the table was made."""
        return [(*key, surrogate) for key, surrogate in self._new.items()]

    def gone(self) -> list[Key]:
        """Keys of stored rows that were taken out of use since the table was made."""
        return sorted(self._gone)

    def pairs(self) -> list[Pair]:
        """Every pair asked for since the table was made."""
        return list(self._met.values())

    def new_pairs(self) -> list[Pair]:
        """Pairs of the rows given out since the table was made."""
        return [self._met[key] for key in self._new if key in self._met]


def entity_of(key: Key) -> str:
    """The type of personal data that a row is of, whatever kind of row it is."""
    return key[0].removeprefix(TAG).removesuffix("_PART")


def is_touched(form: str, stale: Iterable[str]) -> bool:
    """Whether a plain form is one of the stale ones, or has one of them among its words."""
    words = set(NAME_PART.findall(form))
    return any(form == one or one in words for one in stale)


def is_tag(surrogate: str) -> bool:
    """Whether this is a numbered label such as `<PERSON_12>`."""
    return surrogate.startswith("<")
