"""A new export format is one record: the command's help, the page and the export find it there."""

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from core.cli.app import main
from core.questions import PAIR_FORMATS, PairFormat
from dashboard.components.pair_files import export_bytes

ROOT = Path(__file__).resolve().parent.parent.parent


def help_of(*command: str, program: str = "") -> str:
    """The help of a command in a new process, as somebody sees it after `program` changed a registry; in one line."""
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    code = f"{program}\nfrom core.cli.app import main\nmain({[*command, '--help']!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def garrison(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code))


ADD_PAIRS = """
from core.questions import PAIR_FORMATS, PairFormat
PAIR_FORMATS["tsv"] = PairFormat("tsv", "TSV", ".tsv", "text/tab-separated-values", lambda pairs, file, with_source: None)
"""


@pytest.fixture
def tsv(monkeypatch):
    def write(pairs, file: BinaryIO, with_source: bool) -> None:
        for pair in pairs:
            columns = (pair.input, pair.output, pair.page) if with_source else (pair.input, pair.output)
            file.write(("\t".join(columns) + "\n").encode())

    monkeypatch.setitem(PAIR_FORMATS, "tsv", PairFormat("tsv", "TSV", ".tsv", "text/tab-separated-values", write))


def test_command_offers_a_new_format_of_pairs_and_no_choice_of_one():
    assert "--format" not in (before := help_of("questions", "export"))
    assert "Where to write the JSONL; default: PROJECT.jsonl here." in before
    after = help_of("questions", "export", program=ADD_PAIRS)
    assert "--format" in after and "jsonl or tsv. [default: jsonl]" in after
    assert "Where to write the JSONL or TSV; default: PROJECT.jsonl or PROJECT.tsv here." in after


@pytest.mark.usefixtures("tsv")
def test_command_exports_pairs_in_a_new_format(workspace, learned, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert garrison("questions", "export", learned.project.name, "--format", "tsv") == 0
    lines = (tmp_path / f"{learned.project.name}.tsv").read_text(encoding="utf-8").splitlines()
    assert lines == [f"{pair.input}\t{pair.output}" for pair in learned.pairs if pair.state == "kept"]
    capsys.readouterr()
    assert garrison("questions", "export", learned.project.name, "--format", "xml") == 2
    assert capsys.readouterr().err.strip().endswith("There is no format 'xml'. Formats are: jsonl, tsv.")


def test_page_offers_a_new_format_of_pairs_and_no_choice_of_one(open_page, workspace, learned, request):
    app = open_page("questions", project_id=learned.project.id)
    assert "export-pair-format" not in {radio.key for radio in app.radio}
    assert "Download as JSONL" in [button.proto.label for button in app.get("download_button")]
    request.getfixturevalue("tsv")
    app = open_page("questions", project_id=learned.project.id)
    assert app.radio(key="export-pair-format").options == ["JSONL", "TSV"]
    app.radio(key="export-pair-format").set_value("tsv").run()
    assert "Download as TSV" in [button.proto.label for button in app.get("download_button")]
    data = export_bytes(workspace, learned.project, format="tsv", with_source=True)
    assert data.decode().splitlines()[0].endswith("\tpage 1")
