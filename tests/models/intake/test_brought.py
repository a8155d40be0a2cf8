"""What is taken as a model: every weight there and read, nothing else in its place, parts joined."""

import json

import pytest

from core.errors import InputError
from core.models.intake.header import read_header
from core.models.registry import add_model
from tests.small_models import LAYERS, shapes_in_gguf, write_folder, write_gguf, write_safetensors


def drop(text):
    """Takes away the weights whose names hold `text`."""

    def change(weights):
        for name in [name for name in weights if text in name]:
            del weights[name]

    return change


def grow(name):
    """Gives a weight a row more."""

    def change(weights):
        rows, *others = weights[name]
        weights[name] = (rows + 1, *others)

    return change


def refusal(home, path):
    with pytest.raises(InputError) as caught:
        add_model(home, path)
    assert not (home / "models").exists() or not any((home / "models").iterdir())
    return caught.value


def test_folder_without_the_weights_of_a_layer_is_refused_by_their_names(home, tmp_path):
    error = refusal(home, write_folder(tmp_path / "half", change=drop("layers.1.")))
    assert error.message == (
        "The model 'half' is not whole: 9 weights (model.layers.1.input_layernorm.weight, "
        "model.layers.1.mlp.down_proj.weight, model.layers.1.mlp.gate_proj.weight and 6 more) missing."
    )
    assert error.hint.words.startswith("Copy all files of the model again")


def test_weights_of_another_size_than_the_configuration_says_are_refused(home, tmp_path):
    error = refusal(home, write_folder(tmp_path / "wide", intermediate_size=64))
    assert "6 weights (model.layers.0.mlp.down_proj.weight" in error.message
    assert error.message.endswith("of another size than its description says.")


def test_weights_that_transformers_would_not_read_are_refused(home, tmp_path):
    folder = write_folder(tmp_path / "more", change=lambda weights: weights.update({"model.layers.0.odd.weight": (4,)}))
    error = refusal(home, folder)
    assert error.message == (
        "The model 'more' is not read in full by transformers: 1 weight (model.layers.0.odd.weight) not read."
    )
    assert "other form" in error.hint.words


def test_tables_that_are_computed_today_may_be_stored(home, tmp_path):
    old = {"model.layers.0.self_attn.rotary_emb.inv_freq": (8,)}
    assert add_model(home, write_folder(tmp_path / "old", change=lambda weights: weights.update(old))).name == "old"


def test_output_layer_may_be_missing_only_where_it_is_the_embeddings(home, tmp_path):
    assert add_model(home, write_folder(tmp_path / "tied", change=drop("lm_head"), tie_word_embeddings=True)).name == "tied"
    with pytest.raises(InputError, match=r"1 weight \(lm_head.weight\) missing"):
        add_model(home, write_folder(tmp_path / "untied", change=drop("lm_head")))


def split_folder(folder):
    """The weights in two files with an index, as publishers of large models give them."""
    weights = {}
    write_folder(folder, change=weights.update)
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    files = {"model-00001-of-00002.safetensors": names[:9], "model-00002-of-00002.safetensors": names[9:]}
    for file, inside in files.items():
        write_safetensors(folder / file, {name: weights[name] for name in inside})
    places = {name: file for file, inside in files.items() for name in inside}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}), encoding="utf-8")
    return folder


def test_folder_in_two_files_is_taken_and_one_without_the_second_is_refused(home, tmp_path):
    folder = split_folder(tmp_path / "two")
    assert add_model(home, folder, "whole").name == "whole"
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(InputError, match="lacks 1 of 2 files: model-00002-of-00002.safetensors"):
        add_model(home, folder)


def test_index_that_names_weights_which_are_not_in_its_files_is_refused(home, tmp_path):
    folder = split_folder(tmp_path / "two")
    index = folder / "model.safetensors.index.json"
    told = json.loads(index.read_text(encoding="utf-8"))
    told["weight_map"]["model.layers.2.odd.weight"] = "model-00001-of-00002.safetensors"
    index.write_text(json.dumps(told), encoding="utf-8")
    assert "1 weight (model.layers.2.odd.weight) missing" in refusal(home, folder).message


def test_weights_in_several_files_without_an_index_are_refused(home, tmp_path):
    folder = split_folder(tmp_path / "two")
    (folder / "model.safetensors.index.json").unlink()
    assert "neither model.safetensors nor model.safetensors.index.json" in refusal(home, folder).message


def test_weights_that_are_stored_in_four_bits_are_refused_before_a_training(home, tmp_path):
    bits = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    error = refusal(home, write_folder(tmp_path / "bits", quantization_config=bits))
    assert "stored in few bits (bitsandbytes)" in error.message and "16 bits" in error.hint.words


def test_what_is_no_model_is_named(home, tmp_path):
    adapter = write_folder(tmp_path / "adapter")
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    assert refusal(home, adapter).message == "The adapter 'adapter' holds no adapter_model.safetensors."
    tokenizer = write_folder(tmp_path / "tokenizer")
    (tokenizer / "model.safetensors").unlink()
    assert "holds a tokenizer and no weights" in refusal(home, tokenizer).message
    strange = write_folder(tmp_path / "strange", model_type="strange")
    assert "family that cannot be loaded" in refusal(home, strange).message
    pictures = write_folder(tmp_path / "pictures", model_type="siglip_vision_model")
    assert "no language model that writes text" in refusal(home, pictures).message


def test_tokenizer_that_cannot_be_read_is_refused(home, tmp_path):
    folder = write_folder(tmp_path / "mute")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert "tokenizer of the model 'mute' cannot be read" in refusal(home, folder).message


def test_gguf_that_is_no_model_is_named(home, tmp_path):
    adapter = write_gguf(tmp_path / "adapter.gguf", general__type="adapter")
    assert "is an adapter (LoRA)" in refusal(home, adapter).message
    projector = write_gguf(tmp_path / "mmproj.gguf", general__type="mmproj")
    assert "vision projector" in refusal(home, projector).message
    tokenizer = write_gguf(tmp_path / "vocab.gguf", change=dict.clear)
    assert "holds a tokenizer and no weights" in refusal(home, tokenizer).message


def test_gguf_without_the_tensors_of_a_layer_is_refused_by_their_names(home, tmp_path):
    error = refusal(home, write_gguf(tmp_path / "half.gguf", change=drop("blk.1.")))
    assert error.message == (
        "The model 'half.gguf' is not whole: 9 weights (blk.1.attn_k.weight, blk.1.attn_norm.weight, "
        "blk.1.attn_output.weight and 6 more) missing."
    )


def test_gguf_with_tensors_of_another_size_or_that_nothing_reads_is_refused(home, tmp_path):
    wide = write_gguf(tmp_path / "wide.gguf", change=grow("blk.0.ffn_up.weight"))
    assert "blk.0.ffn_up.weight) of another size" in refusal(home, wide).message
    more = write_gguf(tmp_path / "more.gguf", change=lambda weights: weights.update({"blk.0.odd.weight": (32, 32)}))
    assert "it has 22 tensors, of which 21 are read" in refusal(home, more).message


def split_gguf(folder, count=2):
    """The model in parts, as `gguf-split` makes them."""
    folder.mkdir()
    names = sorted(shapes_in_gguf())
    for number in range(count):
        inside = names[number::count]
        write_gguf(
            folder / f"tiny-{number + 1:05}-of-{count:05}.gguf",
            change=lambda weights, inside=inside: [weights.pop(name) for name in list(weights) if name not in inside],
            split__no=number,
            split__count=count,
            split__tensors__count=len(names),
        )
    return folder


def test_parts_of_a_gguf_are_joined_whichever_is_named(home, tmp_path):
    folder = split_gguf(tmp_path / "parts")
    model = add_model(home, folder / "tiny-00002-of-00002.gguf")
    assert (model.name, model.source, model.training_fault) == ("tiny", "tiny-00002-of-00002.gguf", "")
    whole, joined = read_header(write_gguf(tmp_path / "whole.gguf")), read_header(home / "models/tiny/tiny.gguf")
    assert {(tensor.name, tensor.shape) for tensor in joined.tensors} == {
        (tensor.name, tensor.shape) for tensor in whole.tensors
    }
    assert joined.get("split.count") is None and joined.of_family("block_count") == LAYERS


def test_part_without_the_others_is_refused(home, tmp_path):
    folder = split_gguf(tmp_path / "parts", count=3)
    (folder / "tiny-00003-of-00003.gguf").unlink()
    error = refusal(home, folder / "tiny-00001-of-00003.gguf")
    assert error.message == (
        "'tiny-00001-of-00003.gguf' is one of 3 parts of a model; 1 are missing: tiny-00003-of-00003.gguf."
    )


def test_gguf_that_training_does_not_read_is_for_chat_alone(home, tmp_path):
    model = add_model(home, write_gguf(tmp_path / "scaled.gguf", llama__rope__scaling__type="yarn"))
    assert "llama.rope.scaling) not read" in model.training_fault


def test_header_of_nonsense_is_an_error_in_words(tmp_path):
    path = tmp_path / "broken.gguf"
    content = write_gguf(tmp_path / "whole.gguf").read_bytes()
    for at in range(4, 400, 7):
        path.write_bytes(content[:at] + b"\xff" * 8 + content[at + 8 :])
        try:
            read_header(path)
        except InputError as error:
            assert "damaged or cut short" in error.message
