"""Whatever somebody changes in the log is found, and what cannot be found is what the docstring says."""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.storage import Workspace, audit
from core.storage.audit_check import AuditVerdict, verify

from .conftest import change_log, new_document

LENGTH = 8
FIELDS = ("sequence", "created_at", "account", "actor", "action", "previous_sha256")
NUMBERS = st.integers(1, LENGTH)
EXAMPLES = settings(max_examples=40, deadline=None)
Change = tuple[str, tuple[object, ...]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with eight entries, closed."""
    home = tmp_path_factory.mktemp("whole") / "home"
    workspace = Workspace(home)
    project = workspace.create_project("Pumps")
    for number in range(LENGTH - 1):
        workspace.store_document(new_document(project, size_bytes=number))
    workspace.db.execute("pragma wal_checkpoint(truncate)")
    workspace.close()
    return home


@contextmanager
def copied(whole: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(whole, Path(folder) / "home"))


def checked(home: Path, *changes: Change, noted: str = "") -> AuditVerdict:
    """The verdict on the log in `home` after these changes."""
    change_log(home / "garrison.sqlite3", *changes)
    workspace = Workspace(home)
    try:
        return verify(workspace.db, noted=noted)
    finally:
        workspace.close()


def stored(home: Path) -> list[tuple[int, str, str]]:
    db = sqlite3.connect(home / "garrison.sqlite3")
    rows = db.execute("select sequence, sha256, entry from audit order by sequence").fetchall()
    db.close()
    return rows


def sealed(fields: dict[str, Any]) -> tuple[str, str]:
    """The entry's canonical JSON and its SHA-256."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def written_anew(rows: list[tuple[int, str, str]], first: int) -> list[Change]:
    """The whole log chained again after entry `first` was changed, as somebody does who knows how it is made."""
    changes: list[Change] = [("delete from audit", ())]
    previous = "0" * 64
    for sequence, _, entry in rows:
        fields = json.loads(entry) | {"previous_sha256": previous}
        if sequence == first:
            fields["actor"] = "nobody"
        text, previous = sealed(fields)
        changes.append(("insert into audit values (?, ?, ?)", (sequence, previous, text)))
    return [*changes, ("update audit_head set sequence = ?, sha256 = ?", (len(rows), previous))]


def test_an_untouched_log_is_whole(whole: Path) -> None:
    with copied(whole) as home:
        verdict = checked(home)
    assert (verdict.findings, verdict.count) == ((), LENGTH)


@EXAMPLES
@given(number=NUMBERS, position=st.integers(0, 10_000), character=st.characters(codec="ascii"))
def test_one_changed_character_is_found(whole: Path, number: int, position: int, character: str) -> None:
    entry = stored(whole)[number - 1][2]
    position %= len(entry)
    changed = entry[:position] + character + entry[position + 1 :]
    assume(changed != entry)
    with copied(whole) as home:
        verdict = checked(home, ("update audit set entry = ? where sequence = ?", (changed, number)))
    assert f"Entry {number} was changed." in verdict.findings


@EXAMPLES
@given(number=NUMBERS, field=st.sampled_from(FIELDS), value=st.text(max_size=20) | st.integers())
def test_a_changed_field_with_its_own_hash_made_to_fit_is_found(
    whole: Path, number: int, field: str, value: str | int
) -> None:
    fields = json.loads(stored(whole)[number - 1][2])
    assume(fields[field] != value)
    text, sha256 = sealed(fields | {field: value})
    with copied(whole) as home:
        verdict = checked(home, ("update audit set entry = ?, sha256 = ? where sequence = ?", (text, sha256, number)))
    assert not verdict.is_whole


@EXAMPLES
@given(number=NUMBERS, name=st.sampled_from(("subjects", "hashes", "counts")), key=st.text(max_size=5))
def test_a_changed_id_hash_or_count_with_its_own_hash_made_to_fit_is_found(
    whole: Path, number: int, name: str, key: str
) -> None:
    fields = json.loads(stored(whole)[number - 1][2])
    text, sha256 = sealed(fields | {name: fields[name] | {key: "other"}})
    with copied(whole) as home:
        verdict = checked(home, ("update audit set entry = ?, sha256 = ? where sequence = ?", (text, sha256, number)))
    assert not verdict.is_whole


@pytest.mark.parametrize("value", ["", "0" * 64, b"bytes", 7])
@pytest.mark.parametrize("column", ["sha256", "entry"])
def test_another_value_in_a_column_is_found(whole: Path, column: str, value: object) -> None:
    for number in (1, 4, LENGTH):
        with copied(whole) as home:
            verdict = checked(home, (f"update audit set {column} = ? where sequence = ?", (value, number)))
        assert not verdict.is_whole


@EXAMPLES
@given(gone=st.sets(NUMBERS, min_size=1))
def test_entries_taken_out_are_found_and_named(whole: Path, gone: set[int]) -> None:
    with copied(whole) as home:
        verdict = checked(home, *[("delete from audit where sequence = ?", (number,)) for number in gone])
    assert not verdict.is_whole
    words = " ".join(verdict.findings)
    assert all(str(number) in words for number in (min(gone), max(gone)))


@EXAMPLES
@given(gone=st.sets(NUMBERS, min_size=1, max_size=LENGTH - 1))
def test_entries_taken_out_are_found_when_the_others_close_ranks(whole: Path, gone: set[int]) -> None:
    with copied(whole) as home:
        verdict = checked(
            home,
            *[("delete from audit where sequence = ?", (number,)) for number in gone],
            ("update audit set sequence = (select count(*) from audit a where a.sequence <= audit.sequence)", ()),
            ("update audit_head set sequence = (select count(*) from audit),"
             " sha256 = (select sha256 from audit order by sequence desc limit 1)", ()),
        )  # fmt: skip
    assert not verdict.is_whole


@EXAMPLES
@given(pair=st.lists(NUMBERS, min_size=2, max_size=2, unique=True))
def test_two_entries_in_each_others_place_are_found(whole: Path, pair: list[int]) -> None:
    first, second = pair
    with copied(whole) as home:
        verdict = checked(
            home,
            ("update audit set sequence = -1 where sequence = ?", (first,)),
            ("update audit set sequence = ? where sequence = ?", (first, second)),
            ("update audit set sequence = ? where sequence = -1", (second,)),
        )
    assert f"Entry {first} was moved: it is entry {second}." in verdict.findings


@pytest.mark.parametrize("sequence", [-3, 0, LENGTH + 1, 50])
def test_an_entry_put_in_is_found(whole: Path, sequence: int) -> None:
    last = stored(whole)[-1]
    text, sha256 = sealed(json.loads(last[2]) | {"sequence": sequence, "previous_sha256": last[1]})
    with copied(whole) as home:
        assert not checked(home, ("insert into audit values (?, ?, ?)", (sequence, sha256, text))).is_whole


@pytest.mark.parametrize("left", range(LENGTH))
def test_a_log_cut_off_at_the_end_is_found_by_its_head_or_by_the_list_of_heads(whole: Path, left: int) -> None:
    cut: Change = ("delete from audit where sequence > ?", (left,))
    with copied(whole) as home:
        verdict = checked(home, cut)
        assert any(finding.startswith("Cut off at the end") for finding in verdict.findings)
        sha256 = stored(home)[-1][1] if left else "0" * 64
        hidden = checked(home, ("update audit_head set sequence = ?, sha256 = ?", (left, sha256)))
    expected = f"Entry {LENGTH} is not the one in the list of heads: the log was cut off or written anew."
    assert hidden.findings[-1] == expected and hidden.count == left


@EXAMPLES
@given(first=NUMBERS)
def test_a_log_written_anew_is_found_by_the_list_of_heads(whole: Path, first: int) -> None:
    with copied(whole) as home:
        verdict = checked(home, *written_anew(stored(home), first))
    assert verdict.finding_count == LENGTH - first + 1
    assert verdict.findings[0].startswith(f"Entry {first} is not the one in the list of heads")


@pytest.mark.parametrize("is_cut", [True, False])
def test_who_changes_every_place_is_found_by_a_noted_head_alone(whole: Path, is_cut: bool) -> None:
    with copied(whole) as home:
        noted = checked(home).head
        rows = stored(home)[: 5 if is_cut else LENGTH]
        changes = written_anew(rows, 0 if is_cut else 3)
        heads = [(values[0], values[1]) for statement, values in changes if statement.startswith("insert")]
        (home / audit.HEADS_NAME).write_text("".join(f"{n} {sha256}\n" for n, sha256 in heads), encoding="ascii")
        assert checked(home, *changes).is_whole  # as the docstring says
        verdict = checked(home, noted=noted)
    assert verdict.findings == (f"Entry {LENGTH} is not the one that was noted: the log was cut off or written anew.",)


def test_a_noted_head_is_found_again_after_the_log_has_grown(whole: Path) -> None:
    with copied(whole) as home:
        noted = checked(home).head
        workspace = Workspace(home)
        workspace.store_document(new_document(workspace.project("Pumps")))
        workspace.close()
        assert checked(home, noted=noted).is_whole


@pytest.mark.parametrize("noted", ["x", "3", "3:abc", f"three:{'a' * 64}", f"{'9' * 40}:{'a' * 64}"])
def test_what_is_no_head_is_the_users_error(whole: Path, noted: str) -> None:
    with copied(whole) as home, pytest.raises(InputError, match="not a noted head"):
        checked(home, noted=noted)


def test_a_list_of_heads_that_is_gone_or_changed_is_found(whole: Path) -> None:
    with copied(whole) as home:
        heads = home / audit.HEADS_NAME
        heads.write_text(heads.read_text(encoding="ascii").replace("\n2 ", "\n2-"), encoding="ascii")
        assert checked(home).findings == ("Line 2 of the list of heads, audit-heads.txt, was changed.",)
        heads.unlink()
        assert checked(home).findings == ("The list of heads, audit-heads.txt, is gone or empty.",)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("drop trigger audit_is_kept", "guard audit_is_kept"),
        ("drop table audit", "guard audit "),
        ("drop table audit_head", "guard audit_head "),
        ("create trigger more after insert on audit begin select 1; end", "guard more"),
    ],
)
def test_a_guard_that_was_taken_off_or_added_is_found(whole: Path, statement: str, word: str) -> None:
    with copied(whole) as home:
        db = sqlite3.connect(home / "garrison.sqlite3")
        db.execute(statement)
        db.close()
        workspace = Workspace(home)
        assert any(word in finding for finding in verify(workspace.db).findings)
        workspace.close()
