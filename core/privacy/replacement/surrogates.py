"""The same value gets the same surrogate in every document of a project; different values never share one."""

import hmac
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import count

from core.privacy.entities import ENTITIES, NAMES, WITH_KIND_WORD, invented_as, name_alone
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
from core.privacy.replacement.invention.candidates import candidates, initials, name_parts
from core.privacy.replacement.invention.grids import GridOffset, moved_grid
from core.privacy.replacement.invention.invented import Dice, cased, is_writable
from core.privacy.replacement.invention.shifting import is_counted, shifted
from core.privacy.replacement.surrogate_rows import (
    DATES,
    HIDDEN,
    MOVED,
    PART,
    SHORT,
    TAG,
    Key,
    Row,
    SurrogateRows,
    entity_of,
    is_tag,
)
from core.privacy.replacement.treatments import BLOCKS, KEPT, REMOVED, Treatment
from core.privacy.text.rewriting import as_read

_SEVERAL = "<>"  # stored in place of a label if a short form may mean several people
_CODES = tuple(entity for entity in ENTITIES if entity not in NAMES and entity not in MOVED)
_GRIDS = invented_as("grid")
_NAMES_OF_THINGS = tuple(entity for entity in NAMES if entity != "PERSON")
_SPARE_TRIES = 20  # before the one that was free last


def new_key() -> bytes:
    """Return a random key for a project: without it nobody can tell which value a row stands for."""
    return secrets.token_bytes(32)


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
        self._given: dict[tuple[str, str], str] = {}  # answers since a row was last added or removed, by entity and value
        # one to nine times 52 weeks, back or forth: that keeps the weekday, and nearly the season
        seed = self.rows.digest("DATE", "offset")
        self._weeks = 52 * (1 + int(seed[:8], 16) % 9) * (1 if int(seed[8], 16) % 2 else -1)
        seed = self.rows.digest("GRID", "offset")
        self._grid_offset = GridOffset(10_000 + int(seed[:8], 16) % 80_000, 10_000 + int(seed[8:16], 16) % 80_000)

    def surrogate(self, entity: str, value: str) -> str:
        """Return what replaces `value`, the same for every way of writing it in other letter case or with other white space.

        Invisible characters, odd forms of letters and a word for the kind of thing ("HMS") make no difference either. For
        types that are masked, removed or stay readable, this is the matching constant of `core.privacy.treatments`.
        """
        asked = entity, value
        if asked not in self._given:
            changes = self.rows.changes
            replaced = self._replaced(entity, as_read(value).text)
            if self.rows.changes != changes:
                self._given.clear()
            self._given[asked] = replaced
        return self._given[asked]

    def _replaced(self, entity: str, value: str) -> str:
        self.rows.meet(_forms(entity, value))
        treatment = self._treatments.get(entity, "surrogate")
        if treatment == "surrogate":
            return self._realistic(entity, value)
        if treatment == "tag":
            return self._tag(entity, value)
        for part in _forms(entity, value):
            self.rows.hold(self.rows.row(HIDDEN, part), "")
        return {"mask": BLOCKS, "remove": REMOVED}.get(treatment, KEPT)

    def _realistic(self, entity: str, value: str) -> str:
        if entity == "PERSON":
            return self._person(value)
        if entity in DATES and is_counted(value):
            return value
        key = self.rows.row(entity, plain(value))
        found = self.rows.found(key)
        if found is None:
            found = self._of_another_type(value, types=(*NAMES, PART) if entity in NAMES else _kin(entity))
        alone = name_alone(value) if found is None and entity in NAMES else value
        if alone != value:
            shared = self._of_another_type(alone, types=(*NAMES, PART))
            if shared is not None or entity in WITH_KIND_WORD:
                return _with_kind_of(value, alone, shared or self._realistic(entity, alone))
        if found is None:
            found = self._invented(key, value)
        return self.rows.noted(key, value, found)

    def _tag(self, entity: str, value: str) -> str:
        kinds = [kind for kind in (entity, *_kin(entity)) if self._treatments.get(kind) == "tag"]
        for kind in kinds:
            for form in label_forms(kind, value):
                key = self.rows.row(TAG + kind, form)
                if label := self.rows.found(key):
                    return self.rows.noted(key, value, label)
                if kind == "PERSON" and (label := self._meant(form)):
                    return label
        form = label_forms(entity, value)[-1]
        key = self.rows.row(TAG + entity, form)
        if entity == "PERSON":
            self.rows.hold(self.rows.row(HIDDEN, plain(value)), "")
            return self.rows.noted(key, value, self._label_of_person(key, form))
        return self.rows.noted(key, value, self._issue(key, value, ()))

    def _label_of_person(self, key: Key, form: str) -> str:
        """Return the label of whoever had a shorter form of this name alone ("Smith" of "John Smith"), else a new one.

        From now on the shorter forms mean this person. Those that already mean another person get labels of their own, and
        the label that stood for both becomes `stale`: whoever had it by a short form gets another one.
        """
        shorter = {short: self.rows.row(SHORT, short) for short in shorter_forms(form)}
        label = ""
        for short, meant in shorter.items():
            own = self.rows.row(key[0], short)
            its_label = self.rows.found(own)
            if its_label and not self.rows.found(meant) and label in ("", its_label):
                label = its_label  # so far this short form means nobody else
                self.rows.forget(own)
        if label:
            self.rows.hold(key, label)
        else:
            label = self._issue(key, form, ())
        for meant in shorter.values():
            before = self.rows.found(meant)
            if before is None:
                self.rows.hold(meant, label)
            elif before not in (label, _SEVERAL):
                self.rows.stale.add(plain(before))
                self.rows.hold(meant, _SEVERAL)
        return label

    def _meant(self, form: str) -> str | None:
        """Return the label of the one person a short form means; None if it may mean several, or nobody known."""
        label = self.rows.found(self.rows.row(SHORT, form))
        return None if label == _SEVERAL else label

    def _of_another_type(self, value: str, *, types: Iterable[str]) -> str | None:
        """Return the surrogate that this very value has under one of `types`, in its letter case; None if it has none."""
        form = plain(value)
        for kind in types:
            key = self.rows.row(kind, form)
            found = self.rows.found(key)
            if found:
                shown = found if is_tag(found) or kind not in (*NAMES, PART) else cased(found, value)
                return self.rows.noted(key, value, shown)
        return None

    def _person(self, value: str) -> str:
        whole = " ".join(unicodedata.normalize("NFC", value).split())
        address = ADDRESSED.match(whole)
        if address and not self.rows.found(
            self.rows.row("PERSON", plain(whole))
        ):  # in "BG AA" no rank is meant if "Bg Aa" is a known name
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
        key = self.rows.row("PERSON", plain(whole))
        if words and all(is_writable(word) for word in words) and not re.search(r"\d", whole):  # digits would stay
            replaced = self._free_name(key, whole, words, title=title)
            if replaced.casefold() != whole.casefold():
                if whole != words[0] and plain(self.rows.found(key) or "") != plain(replaced):
                    self.rows.hold(key, replaced)  # in case it is taken for another type later
                return self.rows.noted(key, whole, replaced) if self.rows.found(key) else replaced
        found = self.rows.found(key) or self._issue(key, whole, ())
        return self.rows.noted(key, whole, found)

    def _free_name(self, key: Key, whole: str, words: list[str], *, title: str) -> str:
        """Replace the name word by word; try other words if the new whole is real or already replaces something else."""
        while True:
            replaced = self._word_by_word(whole, words, title=title)
            form = plain(replaced)
            if plain(self.rows.found(key) or "") == form or len(words) == 1 or form == plain(whole):
                return replaced
            if not self.rows.is_value(form) and not self.rows.is_replacement(form, but_of=key):
                return replaced
            last = plain(NAME_PART.findall(replaced)[-1])
            if not self.rows.is_replacement(last):  # an initial, a particle: nothing to replace
                return self.rows.found(key) or self._issue(key, whole, ())
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
        found = self.rows.found(key)
        if found is None and len(form) == 1:
            return self._initial(word)
        if found is None:
            shared = self._of_another_type(word, types=_NAMES_OF_THINGS)
            if shared is not None and not is_tag(shared):  # "<NRP_1> Berg" reads worse than two names
                return shared
            pool = (PART, script_of(word), length_class(word), gender, is_surname)
            found = self._issue_from(pool, key, word, partial(name_parts, word, gender=gender, is_surname=is_surname))
        return self.rows.noted(key, word, cased(found, word))

    def _initial(self, word: str) -> str:
        """Return another letter for an initial: avoiding the real ones, 26 letters would soon leave none."""
        script = script_of(word)
        letters = initials(self._dice(self.rows.digest(PART, script), 0), script)
        return cased(letters.get(word.upper(), "X"), word) if not word.islower() else letters.get(word.upper(), "X").lower()

    def _invented(self, key: Key, value: str) -> str:
        """Return a new surrogate for `value`, realistic if the type allows it."""
        entity = key[0]
        if entity in DATES or entity in _GRIDS:
            moved = moved_grid(value, self._grid_offset) if entity in _GRIDS else shifted(value, self._weeks)
            return self._issue(key, value, [moved] if moved else ())
        return self._issue_from((entity,), key, value, partial(candidates, entity, value))

    def _issue_from(self, pool: tuple[object, ...], key: Key, value: str, source: Callable[..., Iterable[str]]) -> str:
        """Issue as `_issue` does, but start near where the previous search ended, so a crowded pool is not rescanned."""
        reached = first = self._first_try[pool]

        def dice_at(turn: int) -> Dice:
            nonlocal reached
            reached = turn
            return self._dice(key[1], turn)

        found = self._issue(key, value, source(dice_at, first=first))
        self._first_try[pool] = max(first, reached - _SPARE_TRIES)
        return found

    def _issue(self, key: Key, value: str, candidates: Iterable[str]) -> str:
        entity = key[0]
        self.rows.know(key)  # so that the value itself is not a candidate
        tags = (f"<{entity_of(key)}_{number}>" for number in count(1 + self.rows.count_of(entity)))
        chosen = next(c for source in (candidates, tags) for c in source if self.rows.is_free(entity, c, value))
        self.rows.hold(key, chosen)
        return chosen

    def _dice(self, digest: str, turn: int) -> Dice:
        def stream() -> Iterator[int]:
            for block in count():
                yield from hmac.digest(self._key, f"{digest}\0{turn}\0{block}".encode(), "sha256")

        return Dice(stream())


def _forms(entity: str, value: str) -> set[str]:
    """Return the plain forms that a value makes real: the whole, the name without its kind, the words of a person's name."""
    parts = name_words(value) if entity == "PERSON" else ()
    return {plain(value), *parts, *((plain(name_alone(value)),) if entity in NAMES else ())}


def _with_kind_of(value: str, alone: str, replaced: str) -> str:
    """Return the replacement of the name `alone`, after the word for its kind that precedes it in `value`."""
    kind = " ".join(value.removesuffix(alone).split())
    return f"{kind} {replaced}"


def _kin(entity: str) -> tuple[str, ...]:
    """Return the types under which the same text means the same thing."""
    return next((types for types in (NAMES, DATES, _CODES) if entity in types), (entity,))
