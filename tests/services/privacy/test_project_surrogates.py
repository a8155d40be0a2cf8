"""The promises of surrogates over a whole project, in a real workspace."""

import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.files import sha256_text
from core.identity import declared
from core.privacy import SurrogateTable, mask
from core.privacy.recognizers.people.name_forms import plain
from core.privacy.replacement.surrogates import MOVED
from core.records import Project, Span
from core.storage import Workspace, find
from tests.unread import approve_unread

from .conftest import pairs, search


def check(found: Iterable[tuple[str, str, str]]) -> None:
    """One surrogate a value, one value a surrogate, and no surrogate that is a value."""
    found = [(entity, value, surrogate) for entity, value, surrogate in found if entity not in MOVED]
    of_value: dict[str, set[str]] = {}
    of_surrogate: dict[str, set[str]] = {}
    for _, value, surrogate in found:
        of_value.setdefault(plain(value), set()).add(plain(surrogate))
        of_surrogate.setdefault(plain(surrogate), set()).add(plain(value))
    assert not {value: s for value, s in of_value.items() if len(s) > 1}
    assert not {surrogate: v for surrogate, v in of_surrogate.items() if len(v) > 1}
    assert not of_value.keys() & of_surrogate.keys()


def test_a_value_of_a_later_document_that_equals_a_surrogate_takes_it_out_of_use(
    workspace: Workspace, project: Project
) -> None:
    first = search(workspace, project, ("LOCATION", "Springfield"), ("PERSON", "John Smith"), ("PHONE_NUMBER", "94321"))
    approved = approve_unread(workspace, project, first, by=declared("Ada"))
    for entity, value, surrogate in pairs(workspace, project):
        search(workspace, project, (entity, surrogate))
        now_given = {v: s for _, v, s in pairs(workspace, project)}
        assert now_given[value] != surrogate
        check(pairs(workspace, project))
    assert workspace.active_review(first.id) is None
    masked = mask(workspace.text(first), find(workspace.db, Span, document_id=first.id)).text
    assert sha256_text(masked) != approved.anonymized_sha256


def test_a_document_without_a_clash_withdraws_nothing(workspace: Workspace, project: Project) -> None:
    first = search(workspace, project, ("LOCATION", "Springfield"))
    approve_unread(workspace, project, first, by=declared("Ada"))
    search(workspace, project, ("LOCATION", "Shelbyville"), ("PERSON", "Carl Carlson"))
    assert workspace.active_review(first.id) is not None


@pytest.mark.parametrize("as_written", [str.upper, str.lower, "  ".join, lambda name: name.replace("e", "\uff45")])
def test_equal_means_equal_however_it_is_written(workspace: Workspace, project: Project, as_written) -> None:
    search(workspace, project, ("PERSON", "John Smith"))
    ((_, _, surrogate),) = pairs(workspace, project)
    written = as_written(surrogate) if as_written != "  ".join else surrogate.replace(" ", "  ")
    search(workspace, project, ("ORGANIZATION", written))
    assert plain(pairs(workspace, project)[0][2]) != plain(surrogate)
    check(pairs(workspace, project))


syllables = st.sampled_from("an ber cor dal el far gar hol ing kel lin mor nor os per ros sel tor ul ver wil".split())
words = st.lists(syllables, min_size=1, max_size=3).map("".join).map(str.title)
values = st.one_of(
    st.tuples(st.just("PERSON"), st.lists(words, min_size=1, max_size=2).map(" ".join)),
    st.tuples(st.sampled_from(["ORGANIZATION", "LOCATION", "UNIT"]), words),
    st.tuples(st.sampled_from(["REFERENCE", "PHONE_NUMBER", "ID_NUMBER"]), st.from_regex(r"[1-9][0-9]{2}", fullmatch=True)),
    st.tuples(st.just("VEHICLE"), st.from_regex(r"[A-F][1-9]", fullmatch=True)),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(values, min_size=1, max_size=6), min_size=1, max_size=5), st.data())
def test_no_surrogate_is_a_value_whatever_is_added_in_whatever_order(
    documents: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Workspace(Path(folder))) as workspace:
        project = workspace.create_project("P")
        for found in documents:
            search(workspace, project, *found)
            given_out = [(entity, s) for entity, _, s in pairs(workspace, project) if not s.startswith("<")]
            if given_out and data.draw(st.booleans()):  # a document that names what was invented
                search(workspace, project, data.draw(st.sampled_from(given_out)))
            check(pairs(workspace, project))


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(st.integers(min_value=0))
def test_ten_thousand_values_never_collide(seed: int) -> None:
    random = Random(seed)
    alphabet = "abcdefghijklmnopqrstuvwxyz"

    def word() -> str:
        return "".join(random.choice(alphabet) for _ in range(random.randint(3, 9))).title()

    kinds = {
        "PERSON": lambda: f"{word()} {word()}",
        "ORGANIZATION": word,
        "LOCATION": word,
        "EMAIL_ADDRESS": lambda: f"{word()}@{word()}.mil".lower(),
        "PHONE_NUMBER": lambda: f"+44 {random.randrange(10**9, 10**10)}",
        "REFERENCE": lambda: f"{word()[:2].upper()}/{random.randrange(10**6)}",
        "IP_ADDRESS": lambda: f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}",
        "IBAN_CODE": lambda: f"DE{random.randrange(10**20):020}",
    }
    found = [(kind, kinds[kind]()) for kind in random.choices(list(kinds), k=10_000)]
    table = SurrogateTable(random.randbytes(32), [])
    for entity, value in found:
        table.surrogate(entity, value)
    check((entity, value, table.surrogate(entity, value)) for entity, value in found)
