"""What a model of each format is used for."""

import json
from dataclasses import replace
from typing import get_args

import pytest

from core.errors import InputError, SetupError
from core.models.model_formats import MODEL_FORMATS, WeightFormat, uses_in_words
from core.models.registry import find_model, models_for
from core.records import Model, ModelFormat
from core.services.questions.generation import find_generator
from core.services.training.runs import find_trainable
from core.settings import GenerationSettings
from core.storage import Workspace


@pytest.fixture
def folder(tmp_path):
    """A folder with a model of each format, named after it."""
    for format in MODEL_FORMATS:
        (tmp_path / "models" / format).mkdir(parents=True)
        described = {"name": format, "file": ".", "format": format, "sha256": ""}
        (tmp_path / "models" / format / "model.json").write_text(json.dumps(described), encoding="utf-8")
    return tmp_path / "models"


def names(use, folder):
    return [model.name for model in models_for(use, [folder])]


def test_every_format_that_records_may_have_is_described():
    assert {name: form.name for name, form in MODEL_FORMATS.items()} == {name: name for name in get_args(ModelFormat)}


def test_models_are_listed_for_what_they_are_used_for(folder):
    assert names("questions", folder) == ["gguf"]
    assert names("training", folder) == ["gguf", "safetensors"]
    assert names("chat", folder) == ["adapter", "gguf", "safetensors"]
    assert names("finding personal data", folder) == ["onnx", "spacy"]


def test_uses_are_shown_in_words():
    models = [Model(name="m", path="", format=form, size_bytes=0, sha256="") for form in get_args(ModelFormat)]
    assert [uses_in_words(model) for model in models] == [
        "Questions, training, chat",
        "Training, chat",
        "Chat",
        "Finding personal data",
        "Finding personal data",
        "Comparing questions",
    ]
    assert uses_in_words(replace(models[0], training_fault="Not read in full.")) == "Questions, chat"


def test_a_new_format_is_one_record(folder, monkeypatch):
    monkeypatch.setitem(MODEL_FORMATS, "spacy", WeightFormat("spacy", ("questions", "chat")))
    assert names("questions", folder) == ["gguf", "spacy"]
    workspace = Workspace(folder.parent)
    assert find_generator(workspace, GenerationSettings(model="spacy")).name == "spacy"
    with pytest.raises(InputError, match="safetensors cannot write questions"):
        find_generator(workspace, GenerationSettings(model="safetensors"))
    with pytest.raises(InputError, match="spacy is not a language model"):
        find_trainable(workspace, "spacy")
    with pytest.raises(SetupError, match="Present: adapter, gguf, safetensors, spacy. Add another"):
        find_model([folder], "none")
