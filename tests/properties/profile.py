"""How many examples are tried: the same ones on every run, or many new ones with GARRISON_PROPERTIES=thorough."""

import os

from hypothesis import HealthCheck, settings

IS_THOROUGH = os.environ.get("GARRISON_PROPERTIES") == "thorough"
FACTOR = 20 if IS_THOROUGH else 1


def examples(number: int) -> settings:
    """Settings for `number` examples in an ordinary run; nothing is timed, nothing is kept between runs."""
    return settings(
        max_examples=number * FACTOR,
        derandomize=not IS_THOROUGH,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
        print_blob=True,
    )
