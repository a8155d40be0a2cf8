"""Which keys count when the page has moved on since they were pressed."""

import pytest

from dashboard.components.review.page_text import PageView, _pressed

VIEW = PageView(number=1, current="span-2")


@pytest.mark.parametrize(("key", "counted"), [("a", ""), ("R", ""), ("]", ""), ("u", "u"), ("n", "n"), ("Escape", "Escape")])
def test_a_key_about_a_mark_that_is_no_longer_in_sight_does_not_count(key, counted):
    assert _pressed({"key": key, "page": 1, "current": "span-1"}, VIEW) == counted
    assert _pressed({"key": key, "page": 1, "current": "span-2"}, VIEW) == key


def test_no_key_is_no_key():
    assert _pressed(None, VIEW) == ""
