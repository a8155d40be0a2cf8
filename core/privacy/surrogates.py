"""The same value gets the same surrogate in every document of a project; different values never share one."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import count

from core.privacy.entities import NAMES
from core.privacy.invented import GIVEN, Dice, cased, given_name, place, reshaped, surname
from core.privacy.shifting import shifted
from core.privacy.vocabulary import is_generic

Row = tuple[str, str, str]  # entity, HMAC-SHA256 of the value in hexadecimal, surrogate
_PART = "PERSON_PART"
_NAMES_OF_THINGS = tuple(entity for entity in NAMES if entity != "PERSON")
_TRIES = 200
_NAME_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_PARTICLES = frozenset(
    "van von der den de del della da di dos du la le al el bin ibn ben abu ter ten zu af av y and".split()
)
_RESHAPED = frozenset(
    "REFERENCE ID_NUMBER PHONE_NUMBER VEHICLE CREDIT_CARD IBAN_CODE CRYPTO FREQUENCY UK_NHS US_SSN US_ITIN AGE".split()
)


def new_key() -> bytes:
    """A random key of a project: without it nobody can tell which value a row stands for."""
    return secrets.token_bytes(32)


class SurrogateTable:
    """Surrogates of one project, made from its stored rows; `new_rows` gives what has to be stored.

    Rows hold keyed hashes in place of values. A person's name is replaced word by word, so that "Smith" and "J. SMITH"
    share their part with "John Smith". The name-like types share one key space: what a name finder takes for a place in one
    document and for a company in another keeps the surrogate that it got first.

    Args:
        key: the project's secret key.
        rows: what was stored before.
        avoid: values that stand in the project's documents and so must not be given out, besides those in `rows`.
    """

    def __init__(self, key: bytes, rows: Iterable[Row], *, avoid: Iterable[str] = ()) -> None:
        self._key = key
        self._known: dict[tuple[str, str], str] = {(entity, digest): surrogate for entity, digest, surrogate in rows}
        self._taken = {surrogate.casefold() for surrogate in self._known.values()}
        self._digests = {digest for _, digest in self._known}
        self._counts = Counter(entity for entity, _ in self._known)
        self._avoid = {_plain(value) for value in avoid}
        self._new: list[Row] = []
        # 52 weeks keep the weekday and nearly the season; one to nine years, back or forth
        seed = self._digest("DATE", "offset")
        self._weeks = 52 * (1 + int(seed[:8], 16) % 9) * (1 if int(seed[8], 16) % 2 else -1)

    def surrogate(self, entity: str, value: str) -> str:
        """What replaces `value`; the same for every way of writing it in upper or lower case or with other white space."""
        if entity == "PERSON":
            return self._person(value)
        digest = self._digest(entity, _plain(value))
        found = self._known.get((entity, digest))
        if found is None and entity in NAMES:
            found = self._of_another_type(value, types=(*NAMES, _PART))
        return found if found is not None else self._issue(entity, digest, self._candidates(entity, value, digest))

    def new_rows(self) -> list[Row]:
        """Rows given out since the table was made."""
        return list(self._new)

    def _of_another_type(self, value: str, *, types: Iterable[str]) -> str | None:
        """The surrogate that this very name got under one of `types`, in capitals or small letters as `value` is."""
        plain = _plain(value)
        found = next((f for kind in types if (f := self._known.get((kind, self._digest(kind, plain)))) is not None), None)
        return found if found is None or _is_tag(found) else cased(found, value)

    def _person(self, value: str) -> str:
        whole = " ".join(unicodedata.normalize("NFC", value).split())
        shared = self._of_another_type(whole, types=_NAMES_OF_THINGS)
        if shared is not None:
            return shared
        words = _NAME_PART.findall(whole)
        replaced = _NAME_PART.sub(
            lambda match: self._part(match[0], is_last=match[0] == words[-1], is_only=len(words) == 1), whole
        )
        if words and replaced.casefold() != whole.casefold() and not re.search(r"\d", whole):  # figures would stay
            digest = self._digest("PERSON", _plain(whole))
            if whole != words[0] and ("PERSON", digest) not in self._known:
                self._remember("PERSON", digest, replaced)  # for the day when it is taken for something else
            return replaced
        return self._typed("PERSON", whole)

    def _part(self, word: str, *, is_last: bool, is_only: bool) -> str:
        if word.casefold() in _PARTICLES:
            return word
        plain = _plain(word)
        digest = self._digest(_PART, plain)
        found = self._known.get((_PART, digest))
        if found is None:
            shared = self._of_another_type(word, types=_NAMES_OF_THINGS)
            if shared is not None and not _is_tag(shared):  # "<NRP_1> Berg" reads worse than two names
                return shared
            invent: Callable[[Dice], str] = surname if is_last and not (is_only and word.title() in GIVEN) else given_name
            if len(plain) == 1:
                invent = _initial
            found = self._issue(
                _PART, digest, (invent(self._dice(digest, turn)) for turn in range(_TRIES)), tries_more=surname
            )
        return cased(found, word)

    def _candidates(self, entity: str, value: str, digest: str) -> Iterator[str]:
        """Ever new proposals for `value`, realistic where the entity allows it."""
        if entity in ("DATE_TIME", "DATE_OF_BIRTH"):
            moved = shifted(value, self._weeks)
            if moved:
                yield moved
            return
        for turn in range(_TRIES):
            dice = self._dice(digest, turn)
            proposal = _proposal(entity, value, dice)
            if proposal is None:
                return
            yield proposal

    def _issue(
        self, entity: str, digest: str, candidates: Iterable[str], *, tries_more: Callable[[Dice], str] | None = None
    ) -> str:
        self._digests.add(digest)
        self._counts.setdefault(entity, 0)  # so that the value itself is no candidate
        more = (tries_more(self._dice(digest, turn)) for turn in range(_TRIES, 2 * _TRIES)) if tries_more else ()
        tags = (f"<{entity.removesuffix('_PART')}_{number}>" for number in count(1 + self._counts[entity]))
        chosen = next(c for source in (candidates, more, tags) for c in source if self._is_free(c))
        self._remember(entity, digest, chosen)
        return chosen

    def _remember(self, entity: str, digest: str, surrogate: str) -> None:
        self._digests.add(digest)
        self._known[entity, digest] = surrogate
        self._counts[entity] += 1
        self._taken.add(surrogate.casefold())
        self._new.append((entity, digest, surrogate))

    def _typed(self, entity: str, value: str) -> str:
        digest = self._digest(entity, _plain(value))
        return self._known.get((entity, digest)) or self._issue(entity, digest, ())

    def _is_free(self, candidate: str) -> bool:
        """Whether nothing known, replaced or replacing, equals the candidate."""
        plain = _plain(candidate)
        if candidate.casefold() in self._taken or plain in self._avoid:
            return False
        return all(self._digest(entity, plain) not in self._digests for entity in self._counts)

    def _digest(self, entity: str, plain: str) -> str:
        return hmac.new(self._key, f"{entity}\0{plain}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _dice(self, digest: str, turn: int) -> Dice:
        def stream() -> Iterator[int]:
            for block in count():
                yield from hmac.new(self._key, f"{digest}\0{turn}\0{block}".encode(), hashlib.sha256).digest()

        return Dice(stream())


def _plain(value: str) -> str:
    """Case, white space and compatibility forms made equal."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _is_tag(surrogate: str) -> bool:
    return surrogate.startswith("<")


def _initial(dice: Dice) -> str:
    return dice.pick(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def _proposal(entity: str, value: str, dice: Dice) -> str | None:
    """One realistic value of the same kind; None where a typed tag serves better."""
    if entity in _RESHAPED:
        return reshaped(value, dice)
    invent = _INVENTIONS.get(entity)
    return invent(value, dice) if invent else None


def _with_kind(name: str, value: str) -> str:
    """The invented name, with the word that says what kind of thing it is: "Delford Barracks", "Halbrook Court"."""
    words = value.split()
    return f"{cased(name, value)} {words[-1]}" if len(words) > 1 and is_generic(words[-1]) else cased(name, value)


def _ip_address(value: str, dice: Dice) -> str:
    """An address for documentation (RFC 3849) or of a private network (RFC 1918)."""
    if ":" in value:
        return f"2001:db8::{dice.below(65536):x}:{dice.below(65536):x}"
    return f"10.{dice.below(256)}.{dice.below(256)}.{1 + dice.below(254)}"


def _grid(value: str, dice: Dice) -> str:
    """The same zone and letters, other figures."""
    return "".join(str(dice.below(10)) if c.isdigit() and index > 2 else c for index, c in enumerate(value))


_INVENTIONS: dict[str, Callable[[str, Dice], str]] = {
    "ADDRESS": lambda value, dice: f"{1 + dice.below(299)} {surname(dice)} Road, {place(dice)}",
    "EMAIL_ADDRESS": lambda value, dice: f"{given_name(dice)}.{surname(dice)}@example.org".lower(),
    "GRID": _grid,
    "HOST": lambda value, dice: f"{place(dice).lower()}-{dice.below(1000)}",
    "IP_ADDRESS": _ip_address,
    "LOCATION": lambda value, dice: _with_kind(place(dice), value),
    "MAC_ADDRESS": lambda value, dice: "02:" + ":".join(f"{dice.below(256):02x}" for _ in range(5)),
    "OPERATION": lambda value, dice: _with_kind(place(dice), value),
    "ORGANIZATION": lambda value, dice: _with_kind(surname(dice), value),
    "SITE": lambda value, dice: _with_kind(place(dice), value),
    "URL": lambda value, dice: f"https://{place(dice).lower()}.example.org",
    "VESSEL": lambda value, dice: _with_kind(place(dice), value),
}
