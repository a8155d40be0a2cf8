"""The same value gets the same surrogate in every document of a project; different values never share one."""

import hmac
import re
import secrets
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

from core.privacy.entities import ENTITIES, NAMES, name_alone
from core.privacy.given_names import gender_of, is_given_name, is_writable, length_class, script_of
from core.privacy.grids import GridOffset, moved_grid
from core.privacy.invented import Dice, Gender, cased
from core.privacy.name_forms import ADDRESSED, NAME_PART, is_particle, label_forms, name_words, plain, shorter_forms
from core.privacy.proposals import initials, invented_words, name_parts, proposals
from core.privacy.rewriting import as_read
from core.privacy.shifting import is_counted, shifted
from core.privacy.treatments import BLOCKS, KEPT, REMOVED, Treatment

Row = tuple[str, str, str]  # entity, HMAC-SHA256 of the value in hexadecimal, surrogate
Key = tuple[str, str]  # entity and HMAC
_PART = "PERSON_PART"
_HIDDEN = "HIDDEN"  # rows of values without a surrogate of their own, known so that no surrogate equals them
_TAG = "TAG_"
_SHORT = "TAG_PART"  # rows of the short forms of labelled persons' names, with the label of the one whom they mean
_SEVERAL = "<>"  # in the place of that label where they may mean several
_DATES = ("DATE_TIME", "DATE_OF_BIRTH")
# Quantities: moved by one offset, or of so few values that another real one cannot be avoided; they name nobody alone.
MOVED = frozenset((*_DATES, "GRID", "AGE"))
_CODES = tuple(entity for entity in ENTITIES if entity not in NAMES and entity not in MOVED)
_NAMES_OF_THINGS = tuple(entity for entity in NAMES if entity != "PERSON")
_SPARE_TRIES = 20  # before the one that was free last
_WITH_KIND = ("VESSEL", "SITE", "OPERATION")  # the word for their kind ("HMS") tells nothing more than the type does


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A value as it was written and what replaces it: what the way back is made of."""

    entity: str
    value: str
    surrogate: str


def new_key() -> bytes:
    """A random key of a project: without it nobody can tell which value a row stands for."""
    return secrets.token_bytes(32)


class SurrogateTable:
    """Surrogates of one project, made from its stored rows; `new_rows` gives what has to be stored.

    Rows hold keyed hashes in place of values. A person's name is replaced word by word, so that "Smith" and "J. SMITH"
    share their part with "John Smith". The name-like types share one key space: what a name finder takes for a place in one
    document and for a company in another keeps the surrogate that it got first; so do numbers and addresses of every type.

    A value that equals a surrogate given out earlier takes that surrogate out of use: `stale` names it, and whoever had it
    gets another one when it is asked for again.

    Args:
        key: the project's secret key.
        rows: what was stored before.
        avoid: values that stand in the project's documents and so must not be given out, besides those in `rows`.
        treatments: what is done with the types that do not get surrogates.
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
        self._known: dict[Key, str] = {}
        self._holders: defaultdict[str, set[Key]] = defaultdict(set)  # who has a surrogate, by its plain form
        self._with_word: defaultdict[str, set[str]] = defaultdict(set)  # plain forms of surrogates by their words
        self._digests: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._first_try: Counter[tuple[object, ...]] = Counter()  # of each pool of invented values
        self._avoid = {plain(value) for value in avoid}
        self._given: dict[tuple[str, str], str] = {}  # since a row was last added or taken away, by entity and value
        self._new: dict[Key, str] = {}
        self._gone: set[Key] = set()
        self.stale: set[str] = set()  # plain forms of surrogates taken out of use
        self.met: dict[Key, Pair] = {}  # every pair asked for, with the value as it was first written here
        for entity, digest, surrogate in rows:
            self._hold((entity, digest), surrogate)
        # 52 weeks keep the weekday and nearly the season; one to nine years, back or forth
        seed = self._digest("DATE", "offset")
        self._weeks = 52 * (1 + int(seed[:8], 16) % 9) * (1 if int(seed[8], 16) % 2 else -1)
        seed = self._digest("GRID", "offset")
        self._grid_offset = GridOffset(10_000 + int(seed[:8], 16) % 80_000, 10_000 + int(seed[8:16], 16) % 80_000)

    def surrogate(self, entity: str, value: str) -> str:
        """What replaces `value`; the same for every way of writing it in upper or lower case or with other white space.

        Nor do invisible characters, odd forms of letters or a word for the kind of thing ("HMS") make another value.

        For types that are removed or stay readable it is the constant of `core.privacy.treatments` that says so.
        """
        if (entity, value) not in self._given:
            self._given[entity, value] = self._replaced(entity, as_read(value).text)
        return self._given[entity, value]

    def _replaced(self, entity: str, value: str) -> str:
        self._meet(entity, value)
        treatment = self._treatments.get(entity, "surrogate")
        if treatment == "surrogate":
            return self._realistic(entity, value)
        if treatment == "tag":
            return self._tag(entity, value)
        for part in self._forms(entity, value):
            self._hold(self._row(_HIDDEN, part), "", is_new=True)
        return {"mask": BLOCKS, "remove": REMOVED}.get(treatment, KEPT)

    def avoid(self, values: Iterable[str]) -> None:
        """Give out none of these values from now on."""
        self._avoid.update(plain(value) for value in values)

    def new_rows(self) -> list[Row]:
        """Rows given out since the table was made."""
        return [(*key, surrogate) for key, surrogate in self._new.items()]

    def gone(self) -> list[Key]:
        """Keys of stored rows that were taken out of use since the table was made."""
        return sorted(self._gone)

    def new_pairs(self) -> list[Pair]:
        """Pairs of the rows given out since the table was made."""
        return [self.met[key] for key in self._new if key in self.met]

    # --- which surrogate ---------------------------------------------------------------------------

    def _realistic(self, entity: str, value: str) -> str:
        if entity == "PERSON":
            return self._person(value)
        if entity in _DATES and is_counted(value):
            return value
        key = self._row(entity, plain(value))
        found = self._known.get(key)
        if found is None:
            found = self._of_another_type(value, types=(*NAMES, _PART) if entity in NAMES else _kin(entity))
        alone = name_alone(value) if found is None and entity in NAMES else value
        if alone != value:
            shared = self._of_another_type(alone, types=(*NAMES, _PART))
            if shared is not None or entity in _WITH_KIND:
                return _with_kind_of(value, alone, shared or self._realistic(entity, alone))
        if found is None:
            found = self._invented(key, value)
        return self._noted(key, value, found)

    def _tag(self, entity: str, value: str) -> str:
        kinds = [kind for kind in (entity, *_kin(entity)) if self._treatments.get(kind) == "tag"]
        for kind in kinds:
            for form in label_forms(kind, value):
                key = self._row(_TAG + kind, form)
                if key in self._known:
                    return self._noted(key, value, self._known[key])
                if kind == "PERSON" and (label := self._meant(form)):
                    return label
        form = label_forms(entity, value)[-1]
        key = self._row(_TAG + entity, form)
        if entity == "PERSON":
            self._hold(self._row(_HIDDEN, plain(value)), "", is_new=True)
            return self._noted(key, value, self._label_of_person(key, form))
        return self._noted(key, value, self._issue(key, value, ()))

    def _label_of_person(self, key: Key, form: str) -> str:
        """The label of who had a shorter form of this name alone ("Smith", "J. Smith" of "John Smith"), else a new one.

        From now on the shorter forms mean this person; where they already mean another one they get labels of their own,
        and the label that stood for both is `stale`: who had it by a short form gets another one.
        """
        shorter = {short: self._row(_SHORT, short) for short in shorter_forms(form)}
        label = ""
        for short, meant in shorter.items():
            own = self._row(key[0], short)
            if own in self._known and meant not in self._known and label in ("", self._known[own]):
                label = self._known[own]  # nobody else is called so yet
                self._forget(own)
        if label:
            self._hold(key, label, is_new=True)
        else:
            label = self._issue(key, form, ())
        for meant in shorter.values():
            before = self._known.get(meant)
            if before is None:
                self._hold(meant, label, is_new=True)
            elif before not in (label, _SEVERAL):
                self.stale.add(plain(before))
                self._hold(meant, _SEVERAL, is_new=True)
        return label

    def _meant(self, form: str) -> str | None:
        """The label of the one person whom a short form means; None where it may mean several, or nobody known."""
        label = self._known.get(self._row(_SHORT, form))
        return None if label == _SEVERAL else label

    def _of_another_type(self, value: str, *, types: Iterable[str]) -> str | None:
        """The surrogate that this very value got under one of `types`, in capitals or small letters as `value` is."""
        form = plain(value)
        for kind in types:
            key = self._row(kind, form)
            found = self._known.get(key)
            if found:
                shown = found if _is_tag(found) or kind not in (*NAMES, _PART) else cased(found, value)
                return self._noted(key, value, shown)
        return None

    def _person(self, value: str) -> str:
        whole = " ".join(unicodedata.normalize("NFC", value).split())
        address = ADDRESSED.match(whole)
        if address and self._row("PERSON", plain(whole)) not in self._known:  # "BG AA" is no rank where "Bg Aa" is a name
            return f"{address[0]}{self._named(whole[address.end() :], title=address[0])}"
        return self._named(whole, title="")

    def _named(self, whole: str, *, title: str) -> str:
        shared = self._of_another_type(whole, types=_NAMES_OF_THINGS)
        if shared is not None:
            return shared
        alone = name_alone(whole)
        shared = self._of_another_type(alone, types=_NAMES_OF_THINGS) if alone != whole else None
        if shared is not None:
            return _with_kind_of(whole, alone, shared)
        words = NAME_PART.findall(whole)
        key = self._row("PERSON", plain(whole))
        if words and all(is_writable(word) for word in words) and not re.search(r"\d", whole):  # figures would stay
            replaced = self._free_name(key, whole, words, title=title)
            if replaced.casefold() != whole.casefold():
                if whole != words[0] and plain(self._known.get(key, "")) != plain(replaced):
                    self._hold(key, replaced, is_new=True)  # for the day when it is taken for something else
                return self._noted(key, whole, replaced) if key in self._known else replaced
        found = self._known.get(key) or self._issue(key, whole, ())
        return self._noted(key, whole, found)

    def _free_name(self, key: Key, whole: str, words: list[str], *, title: str) -> str:
        """The name replaced word by word; other words where the new whole is real or replaces something else."""
        while True:
            replaced = self._word_by_word(whole, words, title=title)
            form = plain(replaced)
            if plain(self._known.get(key, "")) == form or len(words) == 1 or form == plain(whole):
                return replaced
            is_real = any(self._digest(kind, form) in self._digests for kind in self._counts)
            if not is_real and not self._holders.get(form, set()) - {key}:
                return replaced
            last = plain(NAME_PART.findall(replaced)[-1])
            if not self._holders.get(last):  # an initial, a particle: nothing to exchange
                return self._known.get(key) or self._issue(key, whole, ())
            self._avoid.add(last)
            self._withdraw(last, has_whole_name=False)

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
        key = self._row(_PART, form)
        found = self._known.get(key)
        if found is None and len(form) == 1:
            return self._initial(word)
        if found is None:
            shared = self._of_another_type(word, types=_NAMES_OF_THINGS)
            if shared is not None and not _is_tag(shared):  # "<NRP_1> Berg" reads worse than two names
                return shared
            pool = (_PART, script_of(word), length_class(word), gender, is_surname)
            found = self._issue_from(pool, key, word, partial(name_parts, word, gender=gender, is_surname=is_surname))
        return self._noted(key, word, cased(found, word))

    def _initial(self, word: str) -> str:
        """Another letter for each letter: 26 initials would soon leave none that no real one equals."""
        script = script_of(word)
        letters = initials(self._dice(self._digest(_PART, script), 0), script)
        return cased(letters.get(word.upper(), "X"), word) if not word.islower() else letters.get(word.upper(), "X").lower()

    def _invented(self, key: Key, value: str) -> str:
        """A new surrogate for `value`, realistic where the type allows it."""
        entity = key[0]
        if entity in _DATES or entity == "GRID":
            moved = moved_grid(value, self._grid_offset) if entity == "GRID" else shifted(value, self._weeks)
            return self._issue(key, value, [moved] if moved else ())
        return self._issue_from((entity,), key, value, partial(proposals, entity, value))

    def _issue_from(self, pool: tuple[object, ...], key: Key, value: str, source: Callable[..., Iterable[str]]) -> str:
        """As `_issue`, from a source of tries; where most are taken, beginning near the try that was free last."""
        reached = first = self._first_try[pool]

        def dice_at(turn: int) -> Dice:
            nonlocal reached
            reached = turn
            return self._dice(key[1], turn)

        found = self._issue(key, value, source(dice_at, first=first))
        self._first_try[pool] = max(first, reached - _SPARE_TRIES)
        return found

    # --- what is known -----------------------------------------------------------------------------

    def _issue(self, key: Key, value: str, candidates: Iterable[str]) -> str:
        entity = key[0]
        self._digests.add(key[1])
        self._counts.setdefault(entity, 0)  # so that the value itself is no candidate
        word = entity.removeprefix(_TAG).removesuffix("_PART")
        tags = (f"<{word}_{number}>" for number in count(1 + self._counts[entity]))
        chosen = next(c for source in (candidates, tags) for c in source if self._is_free(entity, c, value))
        self._hold(key, chosen, is_new=True)
        return chosen

    def _hold(self, key: Key, surrogate: str, *, is_new: bool = False) -> None:
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
            self._given.clear()
            self._new[key] = surrogate
            self._gone.discard(key)

    def _noted(self, key: Key, value: str, surrogate: str) -> str:
        self.met.setdefault(
            key, Pair(entity=key[0].removeprefix(_TAG).removesuffix("_PART"), value=value, surrogate=surrogate)
        )
        return surrogate

    def _is_free(self, entity: str, candidate: str, value: str) -> bool:
        """Whether nothing known, replaced or replacing, equals the candidate; a moved one may be another real one.

        Nor may a name within it be a real one: no address in "Whitcombe" where somebody is called so.
        """
        form = plain(candidate)
        if self._holders.get(form) or form == plain(value):
            return False
        return entity in MOVED or not any(map(self._is_real, {form, *invented_words(entity, form)}))

    def _is_real(self, form: str) -> bool:
        return form in self._avoid or any(self._digest(entity, form) in self._digests for entity in self._counts)

    def _meet(self, entity: str, value: str) -> None:
        """Take out of use what equals a value, or a word of a person's name: the value is real."""
        for form in self._forms(entity, value):
            holders = {key for key in self._holders.get(form, ()) if key[0] not in MOVED}
            is_replaced = bool(holders) and not _is_tag(form)
            if is_replaced or any(map(partial(self._is_within, form), self._with_word.get(form, ()))):
                self._withdraw(form, has_whole_name=any(kind == "PERSON" for kind, _ in holders))

    def _is_within(self, form: str, surrogate: str) -> bool:
        """Whether the value is a name within a surrogate of several words that somebody has."""
        holders = self._holders.get(surrogate, ())
        return not _is_tag(surrogate) and any(form in invented_words(kind, surrogate) for kind, _ in holders)

    def _withdraw(self, form: str, *, has_whole_name: bool) -> None:
        """Forget every row whose surrogate is `form` or has it as a word; of a whole name its last word goes too."""
        stale = {form}
        words = NAME_PART.findall(form)
        if has_whole_name and len(words) > 1:
            stale.add(words[-1])
        self.stale |= stale
        for held in {held for one in stale for held in (one, *self._with_word.get(one, ()))}:
            for key in [key for key in self._holders.get(held, ()) if key[0] not in MOVED]:
                self._forget(key)

    def _forget(self, key: Key) -> None:
        self._given.clear()
        self._holders[plain(self._known.pop(key))].discard(key)
        self.met.pop(key, None)
        self._new.pop(key, None)
        self._gone.add(key)

    def _forms(self, entity: str, value: str) -> set[str]:
        """Plain forms under which a value is real: the whole, the name without its kind, the words of a person's name."""
        parts = name_words(value) if entity == "PERSON" else ()
        return {plain(value), *parts, *((plain(name_alone(value)),) if entity in NAMES else ())}

    def _row(self, entity: str, form: str) -> Key:
        """The key under which a plain form of this type is known."""
        return entity, self._digest(entity, form)

    def _digest(self, entity: str, form: str) -> str:
        return hmac.digest(self._key, f"{entity}\0{form}".encode("utf-8", "surrogatepass"), "sha256").hex()

    def _dice(self, digest: str, turn: int) -> Dice:
        def stream() -> Iterator[int]:
            for block in count():
                yield from hmac.digest(self._key, f"{digest}\0{turn}\0{block}".encode(), "sha256")

        return Dice(stream())


def is_touched(form: str, stale: Iterable[str]) -> bool:
    """Whether a plain form is one of the stale ones, or has one of them among its words."""
    words = set(NAME_PART.findall(form))
    return any(form == one or one in words for one in stale)


def _with_kind_of(value: str, alone: str, replaced: str) -> str:
    """What replaces the name `alone`, behind the word for its kind that stands before it in `value`."""
    kind = " ".join(value.removesuffix(alone).split())
    return f"{kind} {replaced}"


def _is_tag(surrogate: str) -> bool:
    return surrogate.startswith("<")


def _kin(entity: str) -> tuple[str, ...]:
    """The types under which the same text means the same thing."""
    return next((types for types in (NAMES, _DATES, _CODES) if entity in types), (entity,))
