"""A project that the command line can be asked about."""

from tests.learned import learned  # noqa: F401 - a fixture
