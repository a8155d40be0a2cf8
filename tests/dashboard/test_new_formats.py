"""A new export format is one record: the command's help, the page and the export find it there."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import BinaryIO, get_args

import pytest

from core.cli.app import main
from core.documents import CopiedFile
from core.errors import InputError
from core.files import sha256_file, write_atomic
from core.jobs.context import JobContext
from core.models.card import model_card
from core.models.quantizations import QUANTIZATIONS, Quantization
from core.models.release_formats import RELEASE_FORMATS, RunExport, RunFormat
from core.questions import PAIR_FORMATS, PairFormat
from core.records import Document, Job, Release, ReleaseFormat, Run, new_id, now
from core.services.documents.document_formats import DOCUMENT_FORMATS, DocumentFile, DocumentFormat
from core.services.training import export
from core.services.training.runs import find_trainable
from core.storage import find, get, insert, update
from dashboard.components.document_files import export_zip
from dashboard.components.questions.pair_files import export_bytes

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


JSONL_ALONE = """
from core.questions import PAIR_FORMATS, PairFormat
for name in PAIR_FORMATS.keys() - {"jsonl"}:
    del PAIR_FORMATS[name]
"""
ADD_PAIRS = f"""{JSONL_ALONE}
PAIR_FORMATS["tsv"] = PairFormat("tsv", "TSV", ".tsv", "text/tab-separated-values", lambda pairs, file, with_source: None)
"""


@pytest.fixture
def jsonl(monkeypatch):
    """JSONL is the only format of pairs, whatever others there are by now."""
    for name in PAIR_FORMATS.keys() - {"jsonl"}:
        monkeypatch.delitem(PAIR_FORMATS, name)


@pytest.fixture
def tsv(jsonl, monkeypatch):
    def write(pairs, file: BinaryIO, with_source: bool) -> None:
        for pair in pairs:
            columns = (pair.input, pair.output, pair.page) if with_source else (pair.input, pair.output)
            file.write(("\t".join(columns) + "\n").encode())

    monkeypatch.setitem(PAIR_FORMATS, "tsv", PairFormat("tsv", "TSV", ".tsv", "text/tab-separated-values", write))


def test_command_offers_a_new_format_of_pairs_and_no_choice_of_one():
    assert "--format" not in (before := help_of("questions", "export", program=JSONL_ALONE))
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


@pytest.mark.usefixtures("jsonl")
def test_page_offers_a_new_format_of_pairs_and_no_choice_of_one(open_page, workspace, learned, request):
    app = open_page("questions", project_id=learned.project.id)
    assert "export-pair-format" not in {box.key for box in app.selectbox}
    assert "Download as JSONL" in [button.proto.label for button in app.get("download_button")]
    request.getfixturevalue("tsv")
    app = open_page("questions", project_id=learned.project.id)
    assert app.selectbox(key="export-pair-format").options == ["JSONL", "TSV"]
    app.selectbox(key="export-pair-format").set_value("tsv").run()
    assert "Download as TSV" in [button.proto.label for button in app.get("download_button")]
    data = export_bytes(workspace, learned.project, format="tsv", with_source=True)
    assert data.decode().splitlines()[0].endswith("\tpage 1")


ADD_DOCUMENTS = """
from core.services.documents.document_formats import DOCUMENT_FORMATS, DocumentFormat
DOCUMENT_FORMATS["html"] = DocumentFormat("html", lambda *_: None, words="As a web page", usage="a page for the browser")
"""


@pytest.fixture
def html(monkeypatch):
    def write(workspace, approved, folder: Path) -> DocumentFile:
        path = folder / f"{approved.document.id}.html"
        write_atomic(path, f"<pre>{approved.masked.text}</pre>")
        return DocumentFile(path, CopiedFile((approved.masked.text,)))

    monkeypatch.setitem(DOCUMENT_FORMATS, "html", DocumentFormat("html", write, words="As a web page"))
    monkeypatch.setitem(DOCUMENT_FORMATS, "md", DocumentFormat("md", write, kind="md"))


def test_command_offers_a_new_format_of_documents():
    today = "same: Word, Excel and CSV as such, others as text; txt; jsonl: a passage a line"
    assert f"{today}. [default: same]" in help_of("documents", "export")
    after = help_of("documents", "export", program=ADD_DOCUMENTS)
    assert f"{today}; html: a page for the browser. [default: same]" in after


@pytest.mark.usefixtures("html")
def test_command_exports_documents_in_a_new_format(workspace, learned, tmp_path, capsys):
    arguments = ("documents", "export", learned.project.name, "--to", str(tmp_path / "out"), "--format")
    assert garrison(*arguments, "pdf") == 2
    assert "There is no format 'pdf'. Formats are: same, txt, jsonl, docx, csv, xlsx, html, md." in capsys.readouterr().err
    assert garrison(*arguments, "csv") == 2
    assert "is no csv file but md. Choose txt, jsonl, html or same." in capsys.readouterr().err
    assert garrison(*arguments, "html") == 0
    text = workspace.text(get(workspace.db, Document, "document-1"))
    assert (tmp_path / "out" / "document-1.html").read_text(encoding="utf-8") == f"<pre>{text}</pre>"


@pytest.mark.usefixtures("html")
def test_page_offers_a_new_format_of_documents_and_same_takes_that_of_a_kind(open_page, workspace, learned):
    app = open_page("documents", project_id=learned.project.id)
    own, plain, passages, new = app.radio(key="document-export-format").options
    assert own == "In their own format (Word, Excel, CSV), others as text"
    assert (plain, passages, new) == ("As plain text", "Passage by passage (JSONL)", "As a web page")
    document = get(workspace.db, Document, "document-1")
    for format in ("html", "same"):
        with zipfile.ZipFile(io.BytesIO(export_zip(workspace, [document], format=format))) as archive:
            assert archive.read("document-1.html").startswith(b"<pre>")


ADD_MODELS = """
from core.models.quantizations import QUANTIZATIONS, Quantization
from core.models.release_formats import RELEASE_FORMATS, RunFormat
RELEASE_FORMATS["onnx"] = RunFormat(name="onnx", words="", description="", place=4, export=None, mark="")
"""


@pytest.fixture
def onnx(monkeypatch):
    def write(given: RunExport):
        from core.models.export import Checksum  # loads torch

        write_atomic(given.target / "model.onnx", f"{given.base_format} {given.folder.name}")
        write_atomic(given.target / "README.md", model_card(given.origin))
        return Checksum("model.onnx", sha256_file(given.target / "model.onnx"))

    form = RunFormat(
        name="onnx", words="An ONNX file", description="For ONNX Runtime.", place=4, export=write,
        mark="model.onnx", checked="model.onnx", is_whole=False,
    )  # fmt: skip
    monkeypatch.setitem(RELEASE_FORMATS, "onnx", form)


def test_formats_of_releases_are_those_that_records_may_have():
    assert {name: form.name for name, form in RELEASE_FORMATS.items()} == {name: name for name in get_args(ReleaseFormat)}


def test_command_offers_a_new_format_of_models():
    assert "adapter, merged or gguf. [default: adapter]" in help_of("export")
    assert "adapter, merged, gguf or onnx. [default: adapter]" in help_of("export", program=ADD_MODELS)


@pytest.mark.usefixtures("onnx")
def test_job_exports_a_run_in_a_new_format(workspace, learned, tmp_path, capsys):
    base = find_trainable(workspace, learned.run.model)
    settings = learned.run.settings | {"precision": "4bit"}
    update(workspace.db, Run, learned.run.id, model_sha256=base.sha256, settings=settings)
    target = tmp_path / "out"
    assert garrison("export", learned.run.id, str(target), "--format", "pdf") == 2
    assert "There is no format 'pdf'. Formats are: adapter, merged, gguf, onnx." in capsys.readouterr().err
    params = export.Params(run_id=learned.run.id, format="onnx", quantization="q8_0", target=str(target))
    export.check(workspace, learned.project.id, params)
    job = Job(id=new_id("job"), kind="export", project_id=learned.project.id, created_at=now())
    insert(workspace.db, job)
    result = export.run(JobContext(workspace, job), params)
    assert (target / "model.onnx").read_text(encoding="utf-8") == f"{base.format} {learned.run.id}"
    assert result.sha256_of == "model.onnx" and "with the base model loaded the same way" in result.note
    assert [release.format for release in find(workspace.db, Release)] == ["onnx"]
    before = (target / "model.onnx").stat().st_mtime_ns
    assert export.run(JobContext(workspace, job), params) == result
    assert (target / "model.onnx").stat().st_mtime_ns == before


@pytest.mark.usefixtures("onnx")
def test_page_offers_a_new_format_of_models_and_names_what_was_exported(open_page, workspace, learned):
    release = Release(
        id="release-1", project_id=learned.project.id, run_id=learned.run.id, format="onnx", path="/media/usb/a", sha256="e",
        created_at=now(),
    )  # fmt: skip
    insert(workspace.db, release)
    app = open_page("export", project_id=learned.project.id)
    choice = app.radio(key="export-format")
    assert choice.options == ["One GGUF file", "A complete model folder", "The adapter alone", "An ONNX file"]
    assert choice.value == "gguf" and "export-quantization" in {radio.key for radio in app.radio}
    assert "An ONNX file" in app.selectbox(key="release").options[0]
    choice.set_value("onnx").run()
    assert not app.exception and "export-quantization" not in {radio.key for radio in app.radio}


ADD_QUANTIZATION = """
from core.models.quantizations import QUANTIZATIONS, Quantization
QUANTIZATIONS["q3_k_m"] = Quantization("q3_k_m", "", place=6)
"""


def test_command_offers_a_new_quantization():
    assert "For gguf: f16, q8_0, q6_k, q5_k_m or q4_k_m. [default: q8_0]" in help_of("export")
    named = "For gguf: f16, q8_0, q6_k, q5_k_m, q4_k_m or q3_k_m. [default: q8_0]"
    assert named in help_of("export", program=ADD_QUANTIZATION)


def test_job_and_page_take_a_new_quantization(open_page, workspace, learned, tmp_path, monkeypatch):
    update(workspace.db, Run, learned.run.id, model_sha256=find_trainable(workspace, learned.run.model).sha256)
    target = str(tmp_path / "out")
    params = export.Params(run_id=learned.run.id, format="gguf", quantization="q3_k_m", target=target)
    known = "f16, q8_0, q6_k, q5_k_m, q4_k_m"
    with pytest.raises(InputError, match=f"There is no quantization 'q3_k_m'. Quantizations are: {known}."):
        export.check(workspace, learned.project.id, params)
    new = Quantization("q3_k_m", "3 bits: smaller than is good", place=6)
    monkeypatch.setitem(QUANTIZATIONS, new.name, new)
    export.check(workspace, learned.project.id, params)
    app = open_page("export", project_id=learned.project.id)
    choice = app.radio(key="export-quantization")
    assert choice.value == "q8_0" and [words.split()[0] for words in choice.options] == ["8", "6", "5", "4", "16", "3"]
