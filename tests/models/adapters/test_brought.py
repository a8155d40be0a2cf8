"""Adapters that were made elsewhere: what is taken, on which base, and what is refused in which words."""

import json
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.models.adapters.description import read_description
from core.models.described import lines_of
from core.models.registry import (
    add_model,
    find_base,
    hash_model,
    list_models,
    model_folders,
    remove_model,
    verify_models,
)
from tests.small_adapters import DESCRIBED, RANK, tensor, write_adapter
from tests.small_models import TOKENS, WIDTH, write_folder, write_gguf

Q = "self_attn.q_proj"


@pytest.fixture
def base(home, tmp_path):
    """The model that the small adapter names."""
    return add_model(home, write_folder(tmp_path / "Tiny", fill=1), "tiny")


def refusal(home, path, **how):
    before = {model.name for model in list_models([home / "models"])}
    with pytest.raises(InputError) as caught:
        add_model(home, path, "added", **how)
    assert {model.name for model in list_models([home / "models"])} == before
    return caught.value


def test_adapter_is_put_on_the_model_that_it_names(home, base, tmp_path):
    model = add_model(home, write_adapter(tmp_path / "My Adapter"))
    assert (model.name, model.format, model.base, model.base_sha256) == ("my-adapter", "adapter", "tiny", base.sha256)
    assert (model.base_proof, model.made_for) == ("name", "publisher/Tiny")
    assert find_base(model_folders(home), model) == base
    lines = lines_of(model)
    assert lines["Adapter on"] == "tiny (it names this model, and its weights fit)"
    assert lines["Kind"] == "LoRA, rank 4, 4 layers"
    assert lines["Used for"] == "Chat"


def test_the_same_model_as_gguf_will_do(home, tmp_path):
    add_model(home, write_gguf(tmp_path / "tiny.gguf"))
    assert add_model(home, write_adapter(tmp_path / "adapter")).base == "tiny"


def test_weights_are_copied_as_they_are_and_the_description_is_written_anew(home, base, tmp_path):
    source = write_adapter(
        tmp_path / "adapter",
        base_model_name_or_path="/home/somebody/models/tiny",
        auto_mapping={"base_model_class": "Evil", "parent_library": "os"},
    )
    (source / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    for name in ("handler.py", "adapter_model.bin", "training_args.bin", "optimizer.pt", "tokenizer.json"):
        (source / name).write_bytes(b"x")
    model = add_model(home, source)
    kept = Path(model.path)
    assert {file.name for file in kept.iterdir()} == {
        "README.md", "adapter_config.json", "adapter_model.safetensors", "model.json"
    }  # fmt: skip
    assert (kept / "adapter_model.safetensors").read_bytes() == (source / "adapter_model.safetensors").read_bytes()
    text = (kept / "adapter_config.json").read_text(encoding="utf-8")
    assert "somebody" not in text and "Evil" not in text and "megatron" not in text
    assert json.loads(text)["target_modules"] == [
        f"model.layers.{layer}.{name}" for layer in (0, 1) for name in (Q, "self_attn.v_proj")
    ]
    assert model.license == "mit"
    assert model.made_for == "tiny"
    assert model.sha256 == hash_model(kept)
    assert {verdict.health for verdict in verify_models([home / "models"])} == {"unchanged"}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("chat_template.jinja", "{{ messages }}"),
        ("tokenizer_config.json", json.dumps({"chat_template": "{{ messages }}"})),
    ],
)
def test_chat_template_beside_an_adapter_goes_with_it(home, base, tmp_path, file, content):
    source = write_adapter(tmp_path / "adapter")
    (source / file).write_text(content, encoding="utf-8")
    model = add_model(home, source)
    assert (Path(model.path) / "chat_template.jinja").read_text(encoding="utf-8") == "{{ messages }}"


# Pickles, and files that are not there.


def test_pickled_adapter_is_refused_with_what_to_do(home, base, tmp_path):
    source = write_adapter(tmp_path / "adapter")
    (source / "adapter_model.safetensors").rename(source / "adapter_model.bin")
    error = refusal(home, source)
    assert error.message == "The adapter 'adapter' holds only pickled weights."
    assert error.hint.words.startswith("Where it was made, save it again as safetensors")


def test_adapter_without_weights_is_refused(home, base, tmp_path):
    source = write_adapter(tmp_path / "adapter")
    (source / "adapter_model.safetensors").unlink()
    assert "holds no adapter_model.safetensors" in refusal(home, source).message


def test_weights_that_are_an_empty_file_are_refused(home, base, tmp_path):
    source = write_adapter(tmp_path / "adapter")
    (source / "adapter_model.safetensors").write_bytes(b"")
    assert refusal(home, source).message == "The weights of the adapter 'adapter' are an empty file."


def test_weights_without_a_single_tensor_are_refused(home, base, tmp_path):
    error = refusal(home, write_adapter(tmp_path / "adapter", change=lambda weights: weights.clear()))
    assert "damaged or cut short" in error.message


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, "\ufeff"])
def test_damaged_description_is_refused(home, base, tmp_path, content):
    source = write_adapter(tmp_path / "adapter")
    (source / "adapter_config.json").write_text(content, encoding="utf-8")
    assert refusal(home, source).message == "The adapter_config.json of 'adapter' is damaged."


def test_weights_alone_are_refused_with_where_they_belong(home, base, tmp_path):
    error = refusal(home, write_adapter(tmp_path / "adapter") / "adapter_model.safetensors")
    assert error.hint.words == "Give the folder in which it lies."


# Other kinds, and what is not done here.


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("IA3", "IA³"),
        ("PROMPT_TUNING", "prompt tuning"),
        ("PREFIX_TUNING", "prefix tuning"),
        ("ADALORA", "AdaLoRA"),
        ("NEWEST", "NEWEST"),
        ("<b>x</b>", "not stated"),
        (None, "not stated"),
    ],
)
def test_another_kind_of_adapter_is_refused_by_its_name(home, base, tmp_path, kind, words):
    error = refusal(home, write_adapter(tmp_path / "adapter", peft_type=kind))
    assert error.message == f"'adapter' is an adapter of another kind than LoRA: {words}."
    assert "merge_and_unload" in error.hint.words


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"task_type": "SEQ_CLS"}, "another task than writing text"),
        ({"bias": "all"}, "changes biases"),
        ({"bias": "lora_only"}, "changes biases"),
        ({"lora_bias": True}, "changes biases"),
        ({"init_lora_weights": "pissa_niter_16"}, "began with 'pissa_niter_16'"),
        ({"init_lora_weights": "loftq"}, "began with 'loftq'"),
        ({"layer_replication": [[0, 2]]}, "asks for what is not done here: 'layer_replication'"),
        ({"trainable_token_indices": [1]}, "asks for what is not done here: 'trainable_token_indices'"),
        ({"megatron_config": {"x": 1}, "megatron_core": "os"}, "asks for what is not done here: 'megatron_config'"),
        ({"invented_of_tomorrow": True}, "asks for what is not done here: 'invented_of_tomorrow'"),
        ({"rank_pattern": {"(a+)+b": 8}}, "not understood here"),
        ({"modules_to_save": ["(x|y)"]}, "not understood here"),
        ({"r": 0}, "not understood here"),
        ({"r": 10**9}, "not understood here"),
        ({"r": "8"}, "not understood here"),
        ({"lora_alpha": -1}, "not understood here"),
        ({"lora_alpha": float("nan")}, "not understood here"),
        ({"target_modules": [1]}, "not understood here"),
        ({"alpha_pattern": [1]}, "not understood here"),
    ],
)
def test_what_is_not_done_here_is_refused(home, base, tmp_path, described, words):
    error = refusal(home, write_adapter(tmp_path / "adapter", **described))
    assert words in error.message


def test_an_expression_for_the_layers_is_never_run(home, base, tmp_path):
    hangs = "(.*)*(.*)*(.*)*(.*)*(.*)*!"
    model = add_model(home, write_adapter(tmp_path / "adapter", target_modules=hangs))
    assert hangs not in (Path(model.path) / "adapter_config.json").read_text(encoding="utf-8")


# Halves, ranks and shapes.


def drop(name):
    return lambda weights: weights.pop(name)


def put(name, shape):
    return lambda weights: weights.update({name: shape})


@pytest.mark.parametrize("half", "AB")
def test_half_of_a_layer_alone_is_refused(home, base, tmp_path, half):
    error = refusal(home, write_adapter(tmp_path / "adapter", change=drop(tensor(0, Q, half))))
    assert error.message == (
        "The adapter 'adapter' is not whole: a half is missing or too much in 1 layer (model.layers.0.self_attn.q_proj)."
    )


def test_layer_that_the_description_names_and_the_file_lacks_is_named(home, base, tmp_path):
    def change(weights):
        for half in "AB":
            del weights[tensor(1, Q, half)]

    error = refusal(home, write_adapter(tmp_path / "adapter", change=change))
    assert "1 layer (model.layers.1.self_attn.q_proj) missing" in error.message
    assert add_model(home, write_adapter(tmp_path / "some", change=change, layers_to_transform=[0, 1])).base == "tiny"


def test_rank_that_differs_by_layer_must_be_described(home, base, tmp_path):
    def change(weights):
        weights[tensor(0, Q, "A")], weights[tensor(0, Q, "B")] = (2, WIDTH), (WIDTH, 2)

    error = refusal(home, write_adapter(tmp_path / "adapter", change=change))
    assert error.message == "'adapter' has other ranks than it says: 1 layer (model.layers.0.self_attn.q_proj)."
    pattern = {"layers.0.self_attn.q_proj": 2}
    model = add_model(home, write_adapter(tmp_path / "described", change=change, rank_pattern=pattern))
    assert lines_of(model)["Kind"] == "LoRA, ranks 2 to 4, 4 layers"
    kept = json.loads((Path(model.path) / "adapter_config.json").read_text(encoding="utf-8"))
    assert kept["rank_pattern"] == {"model.layers.0.self_attn.q_proj": 2}


def test_halves_of_different_ranks_are_refused(home, base, tmp_path):
    error = refusal(home, write_adapter(tmp_path / "adapter", change=put(tensor(0, Q, "B"), (WIDTH, RANK + 1))))
    assert "other ranks than it says" in error.message


def test_half_that_is_no_table_is_refused(home, base, tmp_path):
    error = refusal(home, write_adapter(tmp_path / "adapter", change=put(tensor(0, Q, "A"), (RANK * WIDTH,))))
    assert "halves that are no tables" in error.message


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.lm_head.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight",
        "something.else",
        "base_model.model.../../etc.lora_A.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_C.weight",
    ],
)
def test_tensor_that_goes_nowhere_is_refused(home, base, tmp_path, name):
    error = refusal(home, write_adapter(tmp_path / "adapter", change=put(name, (1,))))
    assert "1 weight (" in error.message and "more than it says" in error.message


def test_weights_that_are_no_plain_numbers_are_refused(home, base, tmp_path):
    source = write_adapter(tmp_path / "adapter")
    weights = source / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes().replace(b'"F32"', b'"I32"'))
    assert "weights that are no plain numbers" in refusal(home, source).message


def test_layers_that_an_adapter_brings_whole_must_be_there_and_fit(home, base, tmp_path):
    head = "base_model.model.lm_head.weight"
    whole = put(head, (TOKENS, WIDTH))
    model = add_model(home, write_adapter(tmp_path / "whole", change=whole, modules_to_save=["lm_head"]))
    assert lines_of(model)["Kind"] == "LoRA, rank 4, 4 layers, 1 weight in place of the base's"
    longer = put(head, (TOKENS + 2, WIDTH))  # as of a vocabulary that was made longer
    error = refusal(home, write_adapter(tmp_path / "longer", change=longer, modules_to_save=["lm_head"]))
    assert "1 layer (lm_head.weight) of another size" in error.message
    error = refusal(home, write_adapter(tmp_path / "without", modules_to_save=["lm_head"]))
    assert "1 layer (lm_head.weight) missing" in error.message


def test_magnitudes_of_dora_belong_to_it_alone(home, base, tmp_path):
    def magnitudes(weights):
        for layer in range(2):
            for name in (Q, "self_attn.v_proj"):
                key = tensor(layer, name, "A").replace("lora_A.weight", "lora_magnitude_vector")
                weights[key] = (WIDTH,)

    model = add_model(home, write_adapter(tmp_path / "dora", change=magnitudes, use_dora=True))
    assert lines_of(model)["Kind"].startswith("DoRA, rank 4")
    assert "a half is missing or too much" in refusal(home, write_adapter(tmp_path / "a", use_dora=True)).message
    assert "a half is missing or too much" in refusal(home, write_adapter(tmp_path / "b", change=magnitudes)).message


# The base.


def test_adapter_for_another_model_is_refused_with_both_names(home, base, tmp_path):
    add_model(home, write_folder(tmp_path / "Other", hidden_size=WIDTH, fill=2, vocab_size=TOKENS), "other")

    def wide(weights):
        weights[tensor(0, Q, "A")] = (RANK, 2 * WIDTH)

    error = refusal(home, write_adapter(tmp_path / "adapter", change=wide), base="other")
    assert error.message == (
        "'adapter' was made for publisher/Tiny and does not fit other: "
        "1 layer (model.layers.0.self_attn.q_proj) of another size."
    )


def test_adapter_for_layers_that_the_model_lacks_is_refused(home, base, tmp_path):
    extra = {tensor(7, Q, "A"): (RANK, WIDTH), tensor(7, Q, "B"): (WIDTH, RANK)}
    error = refusal(home, write_adapter(tmp_path / "adapter", change=lambda weights: weights.update(extra)))
    assert "1 layer (model.layers.7.self_attn.q_proj) not in it" in error.message


def test_adapter_that_names_no_model_here_is_offered_those_that_fit(home, base, tmp_path):
    source = write_adapter(tmp_path / "adapter", base_model_name_or_path="publisher/Elsewhere")
    error = refusal(home, source)
    assert error.message == "'adapter' was made for publisher/Elsewhere. By its sizes it may belong to tiny."
    assert error.hint.command == "garrison models add PATH --base tiny"
    model = add_model(home, source, base="tiny")
    assert model.base_proof == "shapes"
    assert "nothing proves that it was made for this model" in lines_of(model)["Adapter on"]


def test_adapter_that_fits_nothing_here_says_what_it_was_made_for(home, base, tmp_path):
    def change(weights):
        for name in weights:
            weights[name] = tuple(3 * size if size == WIDTH else size for size in weights[name])

    source = write_adapter(tmp_path / "adapter", change=change, base_model_name_or_path="publisher/Elsewhere")
    assert refusal(home, source).message == (
        "'adapter' was made for publisher/Elsewhere, and fits no model on this machine."
    )


def lineage(folder, **run):
    (folder / "lineage.json").write_text(json.dumps({"runs": [run]}), encoding="utf-8")
    return folder


def test_lineage_of_garrison_proves_the_base_by_its_hash(home, base, tmp_path):
    source = lineage(write_adapter(tmp_path / "a", base_model_name_or_path=""), model="x", model_sha256=base.sha256)
    model = add_model(home, source)
    assert (model.base, model.base_proof, model.made_for) == ("tiny", "hash", "x")
    (source / "lineage.json").unlink()
    card = {"base": {"name": "x", "sha256": base.sha256}}
    (source / "model-card.json").write_text(json.dumps(card), encoding="utf-8")
    assert add_model(home, source, "again").base_proof == "hash"


def test_adapter_whose_lineage_names_another_hash_is_refused_though_it_fits(home, base, tmp_path):
    source = lineage(write_adapter(tmp_path / "adapter"), model="field-model", model_sha256="ab" * 32)
    error = refusal(home, source, base="tiny")
    assert error.message == (
        f"'adapter' was made for field-model (SHA-256 abababababab…) and cannot be put on tiny "
        f"(SHA-256 {base.sha256[:12]}…)."
    )
    error = refusal(home, source)
    assert "made for field-model (SHA-256 abababababab…), which is not on this machine" in error.message


@pytest.mark.parametrize("content", ["", "[]", '{"runs": [1]}', '{"runs": [{"model_sha256": "x"}]}', "[" * 100_000])
def test_lineage_that_is_none_counts_for_nothing(home, base, tmp_path, content):
    source = write_adapter(tmp_path / "adapter")
    (source / "lineage.json").write_text(content, encoding="utf-8")
    assert add_model(home, source).base_proof == "name"


def test_base_that_is_not_here_is_refused(home, base, tmp_path):
    error = refusal(home, write_adapter(tmp_path / "adapter"), base="nothing")
    assert error.message == "There is no language model 'nothing' on this machine."


def test_adapter_cannot_be_put_on_an_adapter(home, base, tmp_path):
    add_model(home, write_adapter(tmp_path / "one"))
    assert "no language model 'one'" in refusal(home, write_adapter(tmp_path / "two"), base="one").message


def test_model_of_its_own_has_no_base(home, base, tmp_path):
    error = refusal(home, write_folder(tmp_path / "whole"), base="tiny")
    assert error.message == "'whole' is a model of its own, so it has no base."


def test_base_that_was_removed_or_replaced_is_told(home, base, tmp_path):
    model = add_model(home, write_adapter(tmp_path / "adapter"))
    remove_model(home, "tiny", home / "cache")
    with pytest.raises(SetupError, match="no model 'tiny' on this machine"):
        find_base(model_folders(home), model)
    add_model(home, write_folder(tmp_path / "new", fill=3), "tiny")
    with pytest.raises(InputError, match="its SHA-256 differs"):
        find_base(model_folders(home), model)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("publisher/Model-1B", "publisher/Model-1B"),
        ("/home/ada/secret/model", "model"),
        ("~/secret/model", "model"),
        ("C:\\Users\\ada\\model", "model"),
        ("../../model", "model"),
        ("a\nb", "ab"),
        (None, ""),
        (7, "7"),
        ("x" * 500, "x" * 120),
    ],
)
def test_path_of_somebody_s_machine_is_not_kept(tmp_path, told, name):
    (tmp_path / "adapter_config.json").write_text(json.dumps(DESCRIBED | {"base_model_name_or_path": told}))
    assert read_description(tmp_path, "x").made_for == name


def test_names_in_a_message_are_short_and_printable(home, base, tmp_path):
    name = "base_model.model." + "x\u202e\x07" * 300
    message = refusal(home, write_adapter(tmp_path / "adapter", change=put(name, (1,)))).message
    assert "1 weight (xxx" in message
    assert len(message) < 400 and message.isprintable()


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b'{"a": {"dtype": "F32", "shape": "x", "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": 4, "data_offsets": [0, 4]}}',
        b'{"a": 1}',
        b"\xff\xfe",
    ],
)
def test_hostile_header_of_weights_is_refused(home, base, tmp_path, header):
    source = write_adapter(tmp_path / "adapter")
    weights = len(header).to_bytes(8, "little") + header + bytes(4)
    (source / "adapter_model.safetensors").write_bytes(weights)
    assert refusal(home, source)


def test_header_that_claims_to_be_larger_than_its_file_is_refused(home, base, tmp_path):
    source = write_adapter(tmp_path / "adapter")
    (source / "adapter_model.safetensors").write_bytes((2**62).to_bytes(8, "little") + b"{}")
    assert "damaged or cut short" in refusal(home, source).message
