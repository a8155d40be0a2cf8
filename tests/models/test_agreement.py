"""What a model is trained with is compared with what llama.cpp reads, before a training and before an export counts."""

from dataclasses import replace

import pytest
from transformers import AutoTokenizer

from core.errors import InputError
from core.models.agreement import PROBES, check_same_tokens, nearest, spaced
from core.models.causal import load_causal
from core.models.conversation import Text
from core.models.conversion.model import folder_key
from core.models.export import export_gguf, export_merged
from core.models.llama import load_vocabulary
from core.models.vocabulary import TransformersVocabulary
from core.settings import TrainingSettings
from core.training import train
from tests.families import FAMILIES, LLAMA2, MISTRAL, PHI3, build
from tests.models.engine.standing import REAL_MODEL
from tests.models.engine.test_model import UNHEARD

ROWS = [{"input": "Where is the key?", "output": "In the red box."}] * 2
ONE_STEP = TrainingSettings(max_steps=1, batch_size=2, lora_rank=2, lora_alpha=2, max_tokens=96)


def tokenizer_in(folder):
    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)


class Careless(TransformersVocabulary):
    """Takes what spells a mark for one."""

    def encode(self, texts):
        return super().encode([Text(text.rendered.translate(str.maketrans(dict(text.hidden))), {}) for text in texts])


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_tokens_of_every_family_agree(built, family):
    model = load_causal(built(family).folder, "safetensors")
    check_same_tokens(model.vocabulary, load_vocabulary(built(family).gguf), model.template, hint="")


@pytest.mark.parametrize("family", [LLAMA2, MISTRAL, PHI3], ids=lambda family: family.name)
def test_tokenizer_as_transformers_5_has_it_is_told_apart(built, family):
    as_it_comes = TransformersVocabulary(tokenizer_in(built(family).folder))
    with pytest.raises(InputError, match=r"other tokens than transformers: plain words, from token \d+ on") as told:
        check_same_tokens(as_it_comes, load_vocabulary(built(family).gguf), family.template, hint="Do something else.")
    assert told.value.hint.words == "Do something else."


def test_mark_that_is_read_otherwise_is_told(built):
    vocabulary = load_causal(built(LLAMA2).folder, "safetensors").vocabulary
    with pytest.raises(InputError, match="spelled marks"):
        check_same_tokens(vocabulary, Careless(vocabulary.tokenizer), LLAMA2.template, hint="")


def test_tokenizer_of_another_kind_stays_what_it_is(built):
    for family in FAMILIES:
        if family.tokenizer_class != "LlamaTokenizer":
            tokenizer = tokenizer_in(built(family).folder)
            assert spaced(tokenizer) is tokenizer


@pytest.mark.parametrize("path", ["embedded", LLAMA2, PHI3], ids=["embedded", "Llama 2", "Phi-3"])
def test_tokenizer_that_transformers_makes_of_a_gguf_is_brought_nearer(built, path):
    """The embedded model's cuts each digit off, "\u00bd" too, which transformers does not take over."""
    file = REAL_MODEL if path == "embedded" else built(path).gguf
    tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name, local_files_only=True)
    engine = load_vocabulary(file)
    expected = engine.encode([Text(text, {}) for text in PROBES.values()])

    def read(by):
        return [by(text, add_special_tokens=False)["input_ids"] for text in PROBES.values()]

    assert read(tokenizer) != expected
    assert read(nearest(tokenizer, engine)) == expected


def test_model_that_llama_cpp_would_read_otherwise_is_not_trained(built, tmp_path):
    base, cache = built(LLAMA2).folder, tmp_path / "cache"
    cache.mkdir()
    kept = cache / f"{base.name}-{folder_key(base)}-vocabulary.gguf"  # made once by llama.cpp's converter, else
    kept.write_bytes(build(replace(LLAMA2, adds_space=False), tmp_path / "other").gguf.read_bytes())
    options = {"train_rows": ROWS, "settings": ONE_STEP, "folder": tmp_path / "run", "cache": cache}
    with pytest.raises(InputError, match="plain words") as told:
        train(base, "safetensors", **options)
    assert "GGUF" in told.value.hint.words
    assert not (tmp_path / "run" / "template.jinja").exists()
    kept.write_bytes(built(LLAMA2).gguf.read_bytes())
    assert train(base, "safetensors", **options).metrics["steps"] == 1


def test_merged_model_is_read_by_transformers_as_it_was_trained(built, tmp_path):
    base = built(LLAMA2).folder
    train(base, "safetensors", train_rows=ROWS, settings=ONE_STEP, folder=tmp_path / "run")
    export_merged(base, "safetensors", folder=tmp_path / "run", target=tmp_path / "merged")
    trained = load_causal(base, "safetensors")
    written = TransformersVocabulary(tokenizer_in(tmp_path / "merged"))
    check_same_tokens(trained.vocabulary, written, trained.template, hint="")
    assert load_causal(tmp_path / "merged", "safetensors").model.generation_config.eos_token_id == [2]  # </s>


def test_gguf_names_the_end_of_a_turn_that_llama_cpp_does_not_know(tmp_path):
    base = build(UNHEARD, tmp_path / "base").gguf
    before = load_vocabulary(base)
    end = before.marks[UNHEARD.end]
    train(base, "gguf", train_rows=ROWS, settings=ONE_STEP, folder=tmp_path / "run")
    export_gguf(base, "gguf", folder=tmp_path / "run", target=tmp_path / "gguf", quantization="f16")
    assert end not in before.ends
    assert load_vocabulary(tmp_path / "gguf" / "model-f16.gguf").ends == before.ends | {end}


pytestmark = [pytest.mark.model, pytest.mark.usefixtures("warm_converters")]
