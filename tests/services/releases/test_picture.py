"""The picture of a lineage: well-formed, complete, and nothing in it that could load or run."""

from xml.etree import ElementTree  # noqa: S405 - our own text

import pytest

from core.services.releases.picture import MARKS, lineage_picture
from core.services.releases.steps import Step

HOSTILE = ("<script>alert(1)</script>", '" onload="x', "&amp;<img src=http://a.b>", "long " * 40)


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_only_ever_text(text: str) -> None:
    steps = [Step(title=text, words=text, sha256="a" * 64, is_unchanged=value) for value in (True, False, None)]
    root = ElementTree.fromstring(lineage_picture(steps))  # noqa: S314 - our own text
    kinds = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert kinds <= {"svg", "title", "rect", "text", "path"}
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on") or "href" in name]
    words = [each.text or "" for each in root.iter() if each.tag.endswith("text")]
    assert all(any(line.startswith(mark) for line in words) for mark in MARKS.values())
    assert max(map(len, words)) <= 44


def test_a_single_step_has_no_arrow() -> None:
    one = Step(title="Run 1", words="", sha256=None, is_unchanged=True)
    assert "<path" not in lineage_picture([one]) and "<path" in lineage_picture([one, one])
