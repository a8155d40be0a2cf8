"""Apply the filters: which pairs are kept, for which reason each other one is dropped."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        raise nothing_kept(summary(judged))
    return judged


def each_judged(cases: Iterable[Case], settings: FilterSettings) -> Iterator[tuple[Case, str]]:
    """Yield each case with the name of the reason to drop it, "" if it is kept.

    Pairs that people decided to keep count as asked before all others; those dropped already do not count. So the cases are
    gone through several times, and must be the same each time; none is held.

    Raises:
        InputError: the settings name a filter that does not exist.
    """
    check_names(settings)
    return _judged(cases, [(each.reason.name, each.begin(settings, cases)) for each in FILTERS if each.applies(settings)])


def _judged(cases: Iterable[Case], rules: Sequence[tuple[str, Rule]]) -> Iterator[tuple[Case, str]]:
    for case in cases:
        if case.pair.state == "kept" and case.pair.decided is not None:
            _remember(rules, case)
    for case in cases:
        if not _is_open(case):
            yield case, case.pair.reason if case.pair.state == "dropped" else ""
            continue
        reason = next((name for name, rule in rules if rule.drops(case)), "")
        if not reason:
            _remember(rules, case)
        yield case, reason


def _is_open(case: Case) -> bool:
    return case.pair.state == "kept" and case.pair.decided is None


def _remember(rules: Sequence[tuple[str, Rule]], case: Case) -> None:
    for _, rule in rules:
        rule.remember(case)


class Judging:
    """Pairs to be judged by one setting after another: what a filter said of each pair by itself is asked once."""

    def __init__(self, pairs: Iterable[QuestionPair], measures: Mapping[str, PairMeasures] = NOT_MEASURED) -> None:
        self._cases = [case_of(pair, measures.get(pair.id)) for pair in pairs]
        self._said: dict[tuple[str, ...], frozenset[str]] = {}

    def reasons(self, settings: FilterSettings) -> list[str]:
        """Return for each pair what `each_judged` says of it.

        Raises:
            InputError: the settings name a filter that does not exist.
        """
        check_names(settings)
        rules = [(each.reason.name, self._rule(each, settings)) for each in FILTERS if each.applies(settings)]
        return [reason for _, reason in _judged(self._cases, rules)]

    def _rule(self, each: Filter, settings: FilterSettings) -> Rule:
        """Return the rule, or what it said before if it looks at each pair by itself."""
        rule = each.begin(settings, self._cases)
        if not isinstance(rule, EachByItself):
            return rule
        key = (each.reason.name, *(str(getattr(settings, name)) for name in each.thresholds))
        if key not in self._said:
            self._said[key] = frozenset(case.pair.id for case in self._cases if _is_open(case) and rule.drops(case))
        return EachByItself(lambda case, _: case.pair.id in self._said[key], settings)


def case_of(pair: QuestionPair, measures: PairMeasures | None) -> Case:
    """Return a pair to be judged with what was measured of it, if anything was."""
    return Case(pair, measures or _NONE)


def judged_reasons(
    pairs: Sequence[QuestionPair], settings: FilterSettings, measures: Mapping[str, PairMeasures] = NOT_MEASURED
) -> list[str]:
    """Return for each pair the name of the reason to drop it, "" if it is kept; see `each_judged`.

    Raises:
        InputError: the settings name a filter that does not exist.
    """
    return Judging(pairs, measures).reasons(settings)


def summary(pairs: Iterable[QuestionPair]) -> dict[str, int]:
    """Count the pairs dropped for each reason, most frequent first, after the number of those "kept"."""
    pairs = list(pairs)
    reasons = Counter(pair.reason or "no reason given" for pair in pairs if pair.state == "dropped")
    return {"kept": sum(pair.state == "kept" for pair in pairs), **dict(reasons.most_common())}


def nothing_kept(counts: Mapping[str, int]) -> ModelError:
    """Return the error that no pair is kept; `counts` are those of `summary`."""
    total = sum(counts.values())
    if not total:
        return ModelError(
            "No question pairs were written.", "Bring documents with whole sentences, or ask for more pairs per passage."
        )
    reasons = ", ".join(f"{reason} {count}" for reason, count in counts.items() if reason != "kept")
    return ModelError(
        f"None of {total} question pairs was kept: {reasons}.",
        "Loosen the filter named first, or use other documents or another model.",
    )
