"""The papers of a bundle: the bill of materials against the standard's own schema, license texts, what wheels say."""

import json
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bundle import papers, sbom, wheels
from bundle.media import source

MADE_AT = "2026-01-01T00:00:00+00:00"


@cache
def validator() -> Any:
    """Return the standard's own; imported here, as its grammars of addresses take two seconds."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6)


def is_valid(bill: str) -> bool:
    return validator().validate_str(bill) is None


def wheel(folder: Path, name: str, metadata: str, **files: str) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}")
        for file, content in files.items():
            archive.writestr(file.replace("__", "/"), content)
    return path


@pytest.fixture
def sources(tmp_path):
    """A wheel with a license and native libraries, an interpreter with two Debian packages, a model."""
    numbers = wheel(
        tmp_path,
        "Num_Bers",
        "License-Expression: BSD-3-Clause AND MIT\n",
        **{"num_bers.libs__libopenblas-1a.so.0": "x", "Num_Bers-1.0.dist-info__licenses__LICENSE.txt": "Use it."},
    )
    licenses = tmp_path / "python" / "licenses"
    licenses.mkdir(parents=True)
    (licenses / "versions.txt").write_text("libssl1.1 1.1.1w-0+deb11u1\npython3.11_3.11.2-6+deb12u6\n")
    (licenses / "libssl1.1.txt").write_text("OpenSSL's terms")
    with tarfile.open(tmp_path / "python.tar", "w") as tar:
        tar.add(tmp_path / "python", arcname="python")
    model = {"name": "small", "file": "w.gguf", "format": "gguf", "sha256": "a" * 64, "license": "MIT", "source": "here 1"}
    (tmp_path / "model.json").write_text(json.dumps(model))
    return [
        source(numbers, f"wheels/{numbers.name}", "wheel", "Num_Bers 1.0", "BSD-3-Clause AND MIT"),
        source(tmp_path / "python.tar", "interpreter/python-3.11.tar", "interpreter", "Debian", "PSF-2.0"),
        source(tmp_path / "model.json", "python/share/garrison/models/small/model.json", "model", "here 1", "MIT"),
    ]


def test_the_bill_fits_the_schema_and_lists_everything(sources, tmp_path):
    bill, licenses = (item.path.read_text() for item in papers.paper_sources("0.1.0", MADE_AT, sources, tmp_path))
    assert is_valid(bill)
    components = {component["name"]: component for component in json.loads(bill)["components"]}
    assert components.keys() == {"num-bers", "python3.11", "small"}
    assert components["num-bers"]["purl"] == "pkg:pypi/num-bers@1.0"
    assert components["num-bers"]["hashes"][0]["content"] == sources[0].file.sha256
    assert components["num-bers"]["licenses"] == [{"expression": "BSD-3-Clause AND MIT"}]
    assert [inner["name"] for inner in components["num-bers"]["components"]] == ["libopenblas-1a.so.0"]
    assert [inner["name"] for inner in components["python3.11"]["components"]] == ["libssl1.1"]
    assert components["small"]["type"] == "machine-learning-model"
    assert "Use it." in licenses and "OpenSSL's terms" in licenses and "small (model): MIT" in licenses


def test_the_schema_is_really_asked():
    assert not is_valid(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "surprise": True}))


@pytest.mark.parametrize(
    "license", ["MIT", "MIT License", "Apache-2.0 OR BSD-2-Clause", "see its license text", "not stated", "BSD License", ""]
)
def test_any_license_a_wheel_states_gives_a_valid_bill(license):
    facts = wheels.Facts("a", "1", license, {}, (), 0)
    pieces = [sbom.Piece(facts, "b" * 64)]
    bill = sbom.write("0.1.0", MADE_AT, wheels=pieces, interpreter={}, interpreter_sha256="c" * 64, models=[])
    assert is_valid(bill)


@pytest.mark.parametrize(
    ("metadata", "license"),
    [
        ("License-Expression: MIT\nLicense: other\n", "MIT"),
        ("License: BSD 3-Clause\n", "BSD 3-Clause"),
        ("Classifier: License :: OSI Approved :: Apache Software License\n", "Apache Software License"),
        ("", "not stated"),
    ],
)
def test_what_a_wheel_says_of_its_license(tmp_path, metadata, license):
    assert wheels.facts(wheel(tmp_path, "thing", metadata)).license == license


def test_a_license_text_alone_is_pointed_to(tmp_path):
    made = wheel(tmp_path, "thing", "", **{"thing-1.0.dist-info__COPYING": "Terms"})
    assert wheels.facts(made).license == "see its license text"


def test_a_lock_that_names_what_is_something_else_is_refused(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("en-core-web-trf==1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n")
    with pytest.raises(Exception, match="is not what its name says"):
        wheels.requirements([lock], wheels.TARGETS["linux-x86_64-cpu"], left_out=())


def test_torch_is_pinned_to_its_build(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("torch==2.13.0 \\\n    --hash=sha256:" + "a" * 64 + "\n")
    assert wheels.requirements([lock], wheels.TARGETS["linux-x86_64-cpu"], left_out=()).startswith("torch===2.13.0+cpu \\\n")
