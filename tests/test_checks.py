"""The checks themselves: when the offline proof is due, and what `.ci/run` does in which order."""

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.airgap import receipt

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def proven(tmp_path: Path) -> Path:
    """A checkout whose last proof holds: each input with a file in it, and a receipt."""
    for name in receipt.INPUTS:
        place = tmp_path / name
        is_file = (ROOT / name).is_file()
        (place.parent if is_file else place / "part").mkdir(parents=True, exist_ok=True)
        (place if is_file else place / "part" / "one.py").write_text(f"of {name}")
    bundle = tmp_path / "media"
    bundle.mkdir()
    (bundle / "part001").write_bytes(b"12345")
    (tmp_path / "times.json").write_text('{"suite": "bookworm", "seconds": {"install": 95.3}}')
    receipt.write(tmp_path, bundle, [tmp_path / "times.json"])
    return tmp_path


def test_a_proof_holds_while_nothing_that_goes_into_it_changes(proven: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (proven / "core" / "words.py").write_text("no input")
    (proven / "installer" / "part" / "__pycache__").mkdir()
    (proven / "installer" / "part" / "__pycache__" / "one.pyc").write_text("made by Python")
    assert receipt.report(proven) == 0
    assert "holds" in capsys.readouterr().out


@pytest.mark.parametrize("name", receipt.INPUTS)
@pytest.mark.parametrize("change", ["content", "name", "may be run", "gone"])
def test_any_change_of_an_input_makes_the_proof_due(
    proven: Path, capsys: pytest.CaptureFixture[str], name: str, change: str
) -> None:
    file = proven / name if (proven / name).is_file() else proven / name / "part" / "one.py"
    match change:
        case "content":
            file.write_text(file.read_text() + " ")
        case "name":
            file.rename(file.with_name("other.py"))
        case "may be run":
            file.chmod(0o755)
        case "gone":
            file.unlink()
    assert receipt.report(proven) == 1
    said = capsys.readouterr().out
    assert "due" in said and name in said


def test_one_more_file_makes_the_proof_due(proven: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (proven / "installer" / "new.py").touch()
    assert receipt.report(proven) == 1
    assert "changed installer." in capsys.readouterr().out


def test_a_receipt_holds_the_figures_of_its_proof(proven: Path) -> None:
    told = json.loads((proven / receipt.RECEIPT).read_text())
    assert (told["bundle_bytes"], told["seconds"]) == (5, {"bookworm": {"install": 95.3}})
    assert receipt.read(proven) == receipt.Receipt(**told) and asdict(receipt.Receipt(**told)) == told


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"inputs": {}}'])
def test_without_a_receipt_that_can_be_read_the_proof_is_due(proven: Path, damage: str) -> None:
    (proven / receipt.RECEIPT).write_text(damage) if damage else (proven / receipt.RECEIPT).unlink()
    assert receipt.report(proven) == 1


def test_every_input_but_what_is_still_to_come_is_there() -> None:
    assert [name for name in receipt.INPUTS if not (ROOT / name).exists()] in ([], ["core/models/engine"])


PROGRAMS = ["chromium", "c++", "cmake", "debootstrap", "qemu-x86_64-static", "systemd-analyze", "systemd-nspawn"]
PROGRAMS += ["mkfs.vfat", "modprobe", "python3", "bash"]
FAKE = '#!/bin/sh\nprintf "%s\\n" "$(basename "$0") $*" >> "$CALLS"\ncase "$*" in $FAILING) exit 7 ;; esac\n'


@pytest.fixture
def ci(tmp_path: Path):
    """Runs `.ci/run` with fakes of all that it starts: `ci("--prove", failing="*--quick*")` -> status, calls, words."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in (*PROGRAMS, "sudo"):
        (folder / name).write_text(FAKE if name != "sudo" else '#!/bin/sh\nshift\nexec "$@"\n')
        (folder / name).chmod(0o755)
    for name in ("id", "dirname", "basename"):
        (folder / name).symlink_to(shutil.which(name) or name)

    def run(*arguments: str, failing: str = "-") -> tuple[int, list[str], str]:
        calls = tmp_path / "calls.txt"
        calls.write_text("")
        # `case` takes what a variable holds as one pattern, so a fake fails where its arguments are like it
        variables = {"PATH": str(folder), "CALLS": str(calls), "FAILING": failing}
        command = [shutil.which("bash") or "bash", str(ROOT / ".ci" / "run"), *arguments]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        told = [line for line in calls.read_text().splitlines() if line.startswith(("python3 installer", "bash"))]
        return done.returncode, told, done.stdout + done.stderr

    return run


STAGES = ["python3 installer run --no-serve", "python3 installer test --quick", "python3 installer test --slow"]
PROOF = "bash tests/airgap/run bookworm"


def test_a_proof_that_holds_is_not_made_again(ci) -> None:
    assert ci()[:2] == (0, STAGES)


def test_a_proof_that_is_due_is_made_at_the_end(ci) -> None:
    assert ci(failing="*receipt.py*")[:2] == (0, [*STAGES, PROOF])


def test_a_proof_that_is_asked_for_is_made_though_the_last_one_holds(ci) -> None:
    assert ci("--prove")[1][-1] == PROOF


@pytest.mark.parametrize(("failing", "stage"), [("*--quick*", 2), ("*--slow*", 3), ("*airgap/run*", 4)])
def test_the_first_stage_that_fails_ends_the_run_with_its_status_and_the_times(ci, failing: str, stage: int) -> None:
    status, calls, said = ci("--prove", failing=failing)
    assert (status, calls) == (7, [*STAGES, PROOF][:stage])
    assert said.count("FAILED (7)") == 1 and "in all" in said


def test_the_time_of_each_stage_is_said_at_the_end(ci) -> None:
    said = [line.split(" s  ")[1] for line in ci()[2].splitlines()[-6:]]
    assert said[:2] == ["packages of the system", "installation"]
    assert said[2:] == ["style, types and quick tests", "all other tests", "offline proof", "in all"]


def test_an_argument_that_nobody_knows_is_refused(ci) -> None:
    assert ci("--fast")[:2] == (2, [])
