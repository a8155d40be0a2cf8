"""A project with pairs, as pages and acts find it."""

from tests.learned import learned  # noqa: F401 - a fixture
