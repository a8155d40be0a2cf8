"""Apply the filters: which pairs are kept, for which reason each other one is dropped."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.errors import ModelError
from core.questions.filters.filter import Case, EachByItself, Filter, Rule
from core.questions.filters.registry import FILTERS, check_names
from core.records import PairMeasures, QuestionPair
from core.settings import FilterSettings

NOT_MEASURED: Mapping[str, PairMeasures] = {}
_NONE = PairMeasures(pair_id="", project_id="", sha256="")


def apply_filters(
    pairs: Sequence[QuestionPair], settings: FilterSettings, measures: Mapping[str, PairMeasures] = NOT_MEASURED
) -> list[QuestionPair]:
    """Return all `pairs` in order, each kept or dropped with a reason. Dropped pairs and decisions of people stay.

    Args:
        pairs: the pairs of one project.
        settings: which filters are on, and where their thresholds are.
        measures: what was measured, by pair id. A filter that needs a figure that is missing drops nothing.

    Raises:
        ModelError: no pair is kept; the message counts the reasons.
        InputError: the settings name a filter that does not exist.
    """
    reasons = judged_reasons(pairs, settings, measures)
    judged = [
        pair if pair.state == "dropped" else replace(pair, state="dropped" if reason else "kept", reason=reason)
        for pair, reason in zip(pairs, reasons, strict=True)
    ]
    if not any(pair.state == "kept" for pair in judged):
        raise _nothing_kept(judged)
    return judged


class Judging:
    """Pairs to be judged by one setting after another: what a filter said of each pair by itself is asked once."""

    def __init__(self, pairs: Sequence[QuestionPair], measures: Mapping[str, PairMeasures] = NOT_MEASURED) -> None:
        self._cases = [Case(pair, measures.get(pair.id, _NONE)) for pair in pairs]
        self._open = [case.pair.state == "kept" and case.pair.decided is None for case in self._cases]
        self._said: dict[tuple[str, ...], tuple[bool, ...]] = {}

    def reasons(self, settings: FilterSettings) -> list[str]:
        """Return for each pair the name of the reason to drop it, "" if it is kept.

        Pairs that people decided to keep count as asked before all others; those dropped already do not count.

        Raises:
            InputError: the settings name a filter that does not exist.
        """
        check_names(settings)
        begun = [(each.reason.name, self._rule(each, settings)) for each in FILTERS if each.applies(settings)]
        for case in self._cases:
            if case.pair.state == "kept" and case.pair.decided is not None:
                _remember(begun, case)
        reasons = []
        for number, case in enumerate(self._cases):
            reason = case.pair.reason if case.pair.state == "dropped" else ""
            if self._open[number]:
                reason = next((name for name, rule in begun if _drops(rule, number, case)), "")
                if not reason:
                    _remember(begun, case)
            reasons.append(reason)
        return reasons

    def _rule(self, each: Filter, settings: FilterSettings) -> Rule | tuple[bool, ...]:
        """Return the rule, or what it said of each pair if it looks at each by itself."""
        rule = each.begin(settings, self._cases)
        if not isinstance(rule, EachByItself):
            return rule
        key = (each.reason.name, *(str(getattr(settings, name)) for name in each.thresholds))
        if key not in self._said:
            told = zip(self._open, self._cases, strict=True)
            self._said[key] = tuple(is_open and rule.drops(case) for is_open, case in told)
        return self._said[key]


def _drops(rule: Rule | tuple[bool, ...], number: int, case: Case) -> bool:
    return rule[number] if isinstance(rule, tuple) else rule.drops(case)


def _remember(begun: Sequence[tuple[str, Rule | tuple[bool, ...]]], case: Case) -> None:
    for _, rule in begun:
        if not isinstance(rule, tuple):
            rule.remember(case)


def judged_reasons(
    pairs: Sequence[QuestionPair], settings: FilterSettings, measures: Mapping[str, PairMeasures] = NOT_MEASURED
) -> list[str]:
    """Return for each pair the name of the reason to drop it, "" if it is kept; see `Judging`.

    Raises:
        InputError: the settings name a filter that does not exist.
    """
    return Judging(pairs, measures).reasons(settings)


def summary(pairs: Iterable[QuestionPair]) -> dict[str, int]:
    """Count the pairs dropped for each reason, most frequent first, after the number of those "kept"."""
    pairs = list(pairs)
    reasons = Counter(pair.reason or "no reason given" for pair in pairs if pair.state == "dropped")
    return {"kept": sum(pair.state == "kept" for pair in pairs), **dict(reasons.most_common())}


def _nothing_kept(pairs: Sequence[QuestionPair]) -> ModelError:
    if not pairs:
        return ModelError(
            "No question pairs were written.", "Bring documents with whole sentences, or ask for more pairs per passage."
        )
    reasons = ", ".join(f"{reason} {count}" for reason, count in summary(pairs).items() if reason != "kept")
    return ModelError(
        f"None of {len(pairs)} question pairs was kept: {reasons}.",
        "Loosen the filter named first, or use other documents or another model.",
    )
