"""A project to ask services about."""

from tests.learned import learned  # noqa: F401 - a fixture
