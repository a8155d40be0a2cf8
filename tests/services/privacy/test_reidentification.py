"""Re-identification: sealed without a passphrase, opened with one, by a named person with a reason, each time on record."""

import os
import re
import stat
from pathlib import Path

import pytest

from core.cli.app import main
from core.errors import InputError, SetupError
from core.identity import declared
from core.privacy.replacement.sealing import KdfParameters
from core.records import Document
from core.services.privacy import reidentification
from core.storage import Workspace, find
from core.storage.audit import entries

from .conftest import pairs, search

ADA = declared("Ada Byron")
PASSPHRASE = "four words are enough here"
REASON = "asked by the court"


def set_up(workspace: Workspace, project) -> int:
    return reidentification.set_up(workspace, project, passphrase=PASSPHRASE, person=ADA)


def look(workspace: Workspace, project, *surrogates: str, passphrase: str = PASSPHRASE, reason: str = REASON):
    found = reidentification.reveal(
        workspace, project, surrogates=surrogates, passphrase=passphrase, person=ADA, reason=reason
    )
    return {pair.surrogate: pair.value for pair in found}


def actions(workspace: Workspace) -> list[str]:
    return [entry.action for entry, _ in entries(workspace.db)]


def test_a_new_project_has_no_reidentification(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"))
    assert reidentification.setup_of(workspace, project) is None
    with pytest.raises(InputError, match="not set up"):
        look(workspace, project, "anything")
    assert workspace.db.execute("select count(*) from sealed_blocks").fetchone()[0] == 0


def test_values_searched_before_and_after_lead_back(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"), ("PHONE_NUMBER", "94321 2345"))
    set_up(workspace, project)
    search(workspace, project, ("LOCATION", "Springfield"), ("PERSON", "Mary Smith"))
    for entity, value, surrogate in pairs(workspace, project):
        assert look(workspace, project, surrogate) == {surrogate: value}, entity
    part = pairs(workspace, project)[0][2].split()[1]
    assert look(workspace, project, part.upper()) == {part: "Smith"}


def test_a_value_that_got_another_surrogate_leads_back_from_both(workspace, project):
    set_up(workspace, project)
    search(workspace, project, ("LOCATION", "Springfield"))
    first = pairs(workspace, project)[0][2]
    search(workspace, project, ("LOCATION", first))
    second = pairs(workspace, project)[0][2]
    assert second != first
    assert look(workspace, project, first, second) == {first: "Springfield", second: "Springfield"}


def test_no_value_and_no_passphrase_is_on_the_disk(workspace, project):
    search(workspace, project, ("PERSON", "Zebulon Quackenbush"))
    set_up(workspace, project)
    search(workspace, project, ("PERSON", "Thorolf Quackenbush"))
    look(workspace, project, pairs(workspace, project)[0][2])
    for path in Path(workspace.home).rglob("*"):
        if path.is_file() and path.name != "text.txt":
            content = path.read_bytes().lower()
            assert not re.search(rb"quackenbush|zebulon|thorolf|four words are", content), path


def test_a_wrong_passphrase_is_refused_and_on_record(workspace, project):
    set_up(workspace, project)
    with pytest.raises(InputError, match="passphrase is wrong"):
        look(workspace, project, passphrase="four words are enough there")
    assert actions(workspace)[-2:] == ["way back set up", "way back refused"]
    assert reidentification.openings(workspace, project) == []


@pytest.mark.parametrize("reason", ["", "   ", "because", "two words"])
def test_no_opening_without_a_reason(workspace, project, reason):
    set_up(workspace, project)
    with pytest.raises(InputError, match="reason"):
        look(workspace, project, reason=reason)
    assert actions(workspace)[-1] == "way back set up"


def test_every_opening_names_person_counts_and_the_reasons_hash(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"))
    set_up(workspace, project)
    look(workspace, project, pairs(workspace, project)[0][2], "Nobody")
    entry, text = list(entries(workspace.db))[-1]
    assert (entry.action, entry.actor, entry.counts) == ("way back opened", "Ada Byron", {"surrogates": 2, "found": 1})
    assert entry.subjects["person"] == ADA.id
    assert "court" not in text
    # printf %s 'asked by the court' | sha256sum
    assert entry.hashes["reason"] == "21538c4c4412eaf49f5c6a01e4b27421a58032190d5dd6a7362329a0e95a46dd"
    (opening,) = reidentification.openings(workspace, project)
    assert (opening.person, opening.reason, opening.id) == ("Ada Byron", REASON, entry.subjects["opening"])


@pytest.mark.parametrize("at", [0, 40, -1])
def test_a_changed_block_is_found_and_named(workspace, project, at):
    set_up(workspace, project)
    search(workspace, project, ("PERSON", "John Smith"))
    search(workspace, project, ("PERSON", "Carl Carlson"))
    block = bytearray(workspace.db.execute("select block from sealed_blocks where number = 2").fetchone()[0])
    block[at] ^= 1
    workspace.db.execute("update sealed_blocks set block = ? where number = 2", [bytes(block)])
    with pytest.raises(SetupError, match="[Bb]lock 2"):
        look(workspace, project)


def test_blocks_swapped_or_taken_out_are_found(workspace, project):
    set_up(workspace, project)
    for value in ("John Smith", "Carl Carlson", "Mary Jones"):
        search(workspace, project, ("PERSON", value))
    workspace.db.execute("update sealed_blocks set number = 4 - number + 100")
    workspace.db.execute("update sealed_blocks set number = number - 100")
    with pytest.raises(SetupError, match="Sealed block 1 was changed"):
        look(workspace, project)
    workspace.db.execute("delete from sealed_blocks where number = 2")
    with pytest.raises(SetupError, match="[Bb]lock"):
        look(workspace, project)


def test_blocks_of_another_project_do_not_open(workspace, project):
    set_up(workspace, project)
    other = workspace.create_project("Other")
    search(workspace, project, ("PERSON", "John Smith"))
    workspace.db.execute("insert into reidentification select ?, public_key, locked_key, parameters, person, created_at"
                         " from reidentification", [other.id])  # fmt: skip
    with pytest.raises(InputError, match="passphrase is wrong"):
        look(workspace, other)


def test_another_passphrase_opens_what_was_sealed_before_and_the_old_one_nothing(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"))
    set_up(workspace, project)
    surrogate = pairs(workspace, project)[0][2]
    blocks = workspace.db.execute("select block from sealed_blocks").fetchall()
    reidentification.change_passphrase(workspace, project, old=PASSPHRASE, new="another five words of mine", person=ADA)
    assert workspace.db.execute("select block from sealed_blocks").fetchall() == blocks
    assert look(workspace, project, surrogate, passphrase="another five words of mine")
    with pytest.raises(InputError, match="wrong"):
        look(workspace, project, surrogate)


def test_turning_off_needs_the_projects_name_and_leaves_the_data(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"))
    set_up(workspace, project)
    before = pairs(workspace, project)
    with pytest.raises(InputError, match="nothing was deleted"):
        reidentification.turn_off(workspace, project, typed_name="field manuals", person=ADA)
    assert reidentification.setup_of(workspace, project)
    reidentification.turn_off(workspace, project, typed_name="Field manuals", person=ADA)
    assert reidentification.setup_of(workspace, project) is None
    assert workspace.db.execute("select count(*) from sealed_blocks").fetchone()[0] == 0
    assert pairs(workspace, project) == before
    assert actions(workspace)[-1] == "way back turned off"
    search(workspace, project, ("PERSON", "Carl Carlson"))


def test_a_short_passphrase_is_refused(workspace, project):
    with pytest.raises(InputError, match="15 characters"):
        reidentification.set_up(workspace, project, passphrase="fourteen chars", person=ADA)


def test_the_key_is_that_of_argon2id():
    # echo -n password | argon2 somesaltsomesalt -id -t 3 -k 65536 -p 4 -l 32 -r, here by RFC 9106's parameters
    key = KdfParameters(salt=b"somesaltsomesalt".hex()).key("password")
    assert len(key) == 32
    assert key == KdfParameters(salt=b"somesaltsomesalt".hex()).key("password")
    assert KdfParameters(salt=b"x".hex() * 16).key("caf\u00e9") == KdfParameters(salt=b"x".hex() * 16).key("cafe\u0301")


def garrison(workspace: Workspace, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), *arguments])
    return int(str(ended.value.code))


def test_the_command_sets_up_reveals_and_turns_off(workspace, project, tmp_path, capsys):
    search(workspace, project, ("PERSON", "John Smith"))
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    key = ("--passphrase-file", str(secret))
    assert garrison(workspace, "reidentification", "set-up", "Field manuals", "--as", "Ada", *key) == 0
    assert "gone for good" in capsys.readouterr().err
    surrogate = pairs(workspace, project)[0][2]
    who = ("--as", "Ada", "--reason", REASON)
    assert garrison(workspace, "reveal", "Field manuals", surrogate, *who, *key) == 0
    assert "John Smith" in capsys.readouterr().out
    target = tmp_path / "all.csv"
    assert garrison(workspace, "reveal", "Field manuals", "--all", str(target), *who, *key) == 0
    assert stat.S_IMODE(os.stat(target).st_mode) == 0o600
    assert "John Smith" in target.read_text(encoding="utf-8")
    assert garrison(workspace, "reveal", "Field manuals", surrogate, "--as", "Ada", *key) == 2
    assert garrison(workspace, "reveal", "Field manuals", surrogate, "--reason", REASON, *key) == 2
    assert garrison(workspace, "way-back", "show", "Field manuals") == 0  # the name that the command had before
    assert REASON in capsys.readouterr().out
    assert garrison(workspace, "way-back", "turn-off", "Field manuals", "--as", "Ada") == 2
    assert (
        garrison(workspace, "reidentification", "turn-off", "Field manuals", "--as", "Ada", "--confirm", "Field manuals")
        == 0
    )


def test_documents_stay_as_they_are(workspace, project):
    document = search(workspace, project, ("PERSON", "John Smith"))
    set_up(workspace, project)
    assert find(workspace.db, Document) == [document]


def test_whoever_guesses_the_passphrase_has_to_wait_and_others_do_not(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"))
    set_up(workspace, project)
    for _ in range(reidentification.MAX_TRIES):
        with pytest.raises(InputError, match="passphrase is wrong"):
            look(workspace, project, passphrase="not the right one at all")
    with pytest.raises(InputError, match="Wait|wrong 5 times"):
        look(workspace, project)
    found = reidentification.reveal(
        workspace, project, surrogates=(), passphrase=PASSPHRASE, person=declared("Bob"), reason=REASON
    )
    assert "John Smith" in {pair.value for pair in found}
    assert actions(workspace).count("way back refused") == reidentification.MAX_TRIES
