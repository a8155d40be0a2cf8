"""`garrison export`, `release` and `lineage`: exit codes, and what they name."""

import json
from pathlib import Path

import pytest

from core.carry.signature import make_key
from core.cli.app import main
from core.models.releases.folder import seal
from tests.services.releases.conftest import run  # noqa: F401 - a fixture


@pytest.fixture
def garrison(workspace, capsys):
    """Run `garrison ARGUMENTS`; gives exit code, stdout and stderr."""

    def garrison(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return garrison


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_key(tmp_path / "site.pem")
    make_key(tmp_path / "other.pem")
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "model.gguf").write_bytes(b"GGUF")
    seal(tmp_path / "release", tmp_path / "site.pem")
    return tmp_path / "release"


def test_verify_ends_with_1_and_names_what_is_wrong(garrison, folder):
    assert garrison("release", "verify", str(folder))[0] == 0
    assert garrison("release", "verify", str(folder), "--public-key", str(folder.parent / "site.pub.pem"))[0] == 0
    code, out, _ = garrison("release", "verify", str(folder), "--public-key", str(folder.parent / "other.pub.pem"))
    assert (code, "another key" in out) == (1, True)
    (folder / "model.gguf").write_bytes(b"GGUG")
    (folder / "more").touch()
    code, out, _ = garrison("release", "verify", str(folder))
    assert (code, "changed: model.gguf" in out, "added: more" in out) == (1, True, True)
    code, out, _ = garrison("--json", "release", "verify", str(folder))
    told = json.loads(out)
    assert (code, told["is_whole"], told["signature"]) == (1, False, "good")
    assert {"kind": "changed", "name": "model.gguf"} in told["faults"]


def test_an_unsigned_release_is_called_so(garrison, folder):
    for name in ("SHA256SUMS.sig", "signer.pem"):
        (folder / name).unlink()
    code, out, _ = garrison("release", "verify", str(folder))
    assert (code, "not signed" in out) == (0, True)
    assert garrison("release", "verify", str(folder), "--public-key", str(folder.parent / "site.pub.pem"))[0] == 1
    assert garrison("release", "verify", str(folder / "none"))[0] == 2


def test_lineage_ends_with_1_when_something_is_not_what_it_was(garrison, workspace, run):  # noqa: F811
    code, out, _ = garrison("lineage", run.id)
    assert (code, out.count("Still what it was: yes")) == (0, 6)
    adapter = workspace.run_folder(run.project_id, run.id) / "adapter" / "adapter_config.json"
    adapter.write_text("changed", encoding="utf-8")
    code, out, _ = garrison("--json", "lineage", run.id)
    told = json.loads(out)
    assert (code, told["is_whole"], told["runs"][0]["is_unchanged"]) == (1, False, False)
    assert garrison("lineage", "run-none")[0] == 2


def test_only_a_gguf_has_quantizations_to_compare(garrison, run, tmp_path):  # noqa: F811
    code, _, err = garrison("export", run.id, str(tmp_path / "out"), "--compare")
    assert (code, "Only a GGUF" in err) == (2, True)
