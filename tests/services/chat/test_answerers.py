"""What can be opened to chat with."""

import json

import pytest

from core.errors import InputError, SetupError
from core.services.chat.answerers import find_answering, open_answerer


@pytest.fixture
def put(workspace):
    """Describe a model of the workspace without any weights."""

    def described(name, **more):
        folder = workspace.home / "models" / name
        folder.mkdir(parents=True)
        told = {"name": name, "file": ".", "format": "safetensors", "sha256": f"{name}-hash"} | more
        (folder / "model.json").write_text(json.dumps(told), encoding="utf-8")

    return described


def test_model_that_cannot_be_trained_can_be_asked(workspace, put):
    put("odd", training_fault="transformers does not read all of it.")
    assert find_answering(workspace, "odd").name == "odd"


def test_model_that_finds_personal_data_cannot(workspace, put):
    put("finder", format="spacy")
    with pytest.raises(InputError, match="finder is not a language model"):
        find_answering(workspace, "finder")


def test_adapter_without_its_base_says_what_is_missing(workspace, put):
    put("tuned", format="adapter", base="tiny", base_sha256="tiny-hash")
    with pytest.raises(SetupError, match="no model 'tiny'"):
        open_answerer(workspace, "tuned")
    put("tiny", sha256="another")
    with pytest.raises(InputError, match="not the model that the adapter tuned was put on"):
        open_answerer(workspace, "tuned")
