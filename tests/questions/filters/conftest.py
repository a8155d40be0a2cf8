"""The reason that one filter by itself gives a pair."""

import pytest

from core.questions.filters import FILTERS, judged_reasons
from core.records import PairMeasures
from core.settings import FilterSettings


@pytest.fixture
def drops(make_pair):
    """Whether the filter of this name, alone, drops a pair: `drops(name, question, answer, measures={…}, **fields)`."""

    def check(name, question, answer, *, measures=None, settings=None, **fields):
        pair = make_pair(question, answer, **fields)
        others = tuple(each.reason.name for each in FILTERS if each.reason.name != name)
        chosen = FilterSettings(**{"off": others, "on": (name,), **(settings or {})})
        measured = PairMeasures(pair_id=pair.id, project_id=pair.project_id, sha256="", **(measures or {}))
        return judged_reasons([pair], chosen, {pair.id: measured}) == [name]

    return check
