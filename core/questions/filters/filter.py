"""What a filter is: a reason, a rule that drops pairs for it, and the settings that move it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from core.records import PairMeasures, QuestionPair
from core.settings import FilterSettings


@dataclass(frozen=True, slots=True)
class DropReason:
    """Why a pair is dropped: `name` is stored with the pair, `words` and `description` are shown to people.

    `name` has blanks between its words, and neither hyphens nor underscores: `drop_reason` takes these for blanks.
    """

    name: str
    description: str | None  # a sentence; None if nothing is known but the name
    title: str | None = None  # the words, if they are not the name

    @property
    def words(self) -> str:
        """Return the reason in a few words, such as "Too short"."""
        return self.title or self.name.replace("_", " ").replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Case:
    """A pair to be judged, and what was measured of it; `measures` has only None if nothing was."""

    pair: QuestionPair
    measures: PairMeasures


class Rule(Protocol):
    """Decides about one pair after another, in order."""

    def drops(self, case: Case) -> bool:
        """Return whether the pair is dropped."""
        ...

    def remember(self, case: Case) -> None:
        """Take note of a pair that is kept."""
        ...


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: the rule that `begin(settings, cases)` gives drops pairs for `reason`; `cases` are all pairs in order."""

    reason: DropReason
    begin: Callable[[FilterSettings, Iterable[Case]], Rule]
    thresholds: tuple[str, ...] = ()  # fields of `FilterSettings` that move it
    is_on: bool = True  # unless the settings say otherwise

    def applies(self, settings: FilterSettings) -> bool:
        """Return whether these settings have the filter switched on."""
        return self.reason.name not in settings.off and (self.is_on or self.reason.name in settings.on)


@dataclass(frozen=True, slots=True)
class EachByItself:
    """A rule that looks at each pair by itself, so that what it says holds in any order."""

    test: Callable[[Case, FilterSettings], bool]
    settings: FilterSettings

    def drops(self, case: Case) -> bool:
        """Return what the test says."""
        return self.test(case, self.settings)

    def remember(self, case: Case) -> None:
        """Do nothing."""


def each(test: Callable[[Case, FilterSettings], bool]) -> Callable[[FilterSettings, Iterable[Case]], Rule]:
    """Make a rule of a test that looks at one pair by itself."""
    return lambda settings, _: EachByItself(test, settings)
