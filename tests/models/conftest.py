"""Models of every family, built once."""

from collections.abc import Callable

import pytest

from core.offline import set_offline_variables
from tests.families import Built, Family, build

set_offline_variables()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Family], Built]:
    """Builds a family's model, or gives the one built before: `built(LLAMA2)`."""
    ready: dict[str, Built] = {}

    def give(family: Family) -> Built:
        if family.name not in ready:
            ready[family.name] = build(family, tmp_path_factory.mktemp("family"))
        return ready[family.name]

    return give
