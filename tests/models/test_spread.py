"""How a model is spread over devices that were invented for these tests."""

import pytest

from core.models.spread import SHARE, Device, Part, spread

LAYER = 1000


def model(layers=32, *, is_tied=False):
    head = Part(name="lm_head", size_bytes=0 if is_tied else LAYER, shares="model.embed_tokens" if is_tied else "")
    return [
        Part(name="model.embed_tokens", size_bytes=LAYER),
        *(Part(name=f"model.layers.{n}", size_bytes=LAYER, layer=n) for n in range(layers)),
        Part(name="model.norm", size_bytes=1),
        head,
    ]


def gpu(number, layers):
    """A GPU with room for so many parts of the size of a layer."""
    return Device(kind="gpu", number=number, free_bytes=round((layers * LAYER + 10) / SHARE))


def memory(layers):
    return Device(kind="memory", free_bytes=round((layers * LAYER + 10) / SHARE))


def disk(layers):
    return Device(kind="disk", free_bytes=round((layers * LAYER + 10) / SHARE))


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        ([gpu(0, 34)], "all of it on GPU 0"),
        ([memory(34)], "all of it in memory"),
        ([gpu(0, 17), gpu(1, 17)], "layers 0 to 15 on GPU 0, 16 to 31 on GPU 1"),
        ([gpu(0, 2), gpu(1, 40)], "layer 0 on GPU 0, 1 to 31 on GPU 1"),
        ([gpu(0, 18), gpu(1, 9), memory(40)], "layers 0 to 15 on GPU 0, 16 to 23 on GPU 1, the rest in memory"),
        ([memory(11), disk(99)], "layers 0 to 8 in memory, the rest on the disk"),
        ([gpu(0, 11), memory(11), disk(99)], "layers 0 to 8 on GPU 0, 9 to 19 in memory, the rest on the disk"),
        ([gpu(0, 1), gpu(1, 99)], "layers 0 to 31 on GPU 1"),
    ],
)
def test_split_in_words(devices, words):
    assert spread(model(), devices).words == words


def test_model_that_no_devices_hold_together_is_not_spread():
    assert spread(model(), [gpu(0, 16), gpu(1, 16)]) is None
    assert spread(model(), []) is None
    assert spread(model(), [gpu(0, 0), memory(0)]) is None


def test_nothing_is_filled_beyond_its_share_and_every_part_has_one_place():
    devices = [gpu(0, 7), gpu(1, 12), memory(9), disk(99)]
    split = spread(model(), devices)
    assert [part.name for part, _ in split.places] == [part.name for part in model()]
    for device in devices:
        held = sum(part.size_bytes for part, place in split.places if place == device)
        assert 0 < held <= SHARE * device.free_bytes


def test_layers_keep_their_order():
    split = spread(model(), [gpu(0, 7), gpu(1, 3), gpu(2, 50)])
    numbers = [device.number for _, device in split.places]
    assert numbers == sorted(numbers)


def test_head_that_shares_the_embedding_lies_beside_it():
    split = spread(model(is_tied=True), [gpu(0, 20), gpu(1, 20)])
    assert split.device_map["lm_head"] == split.device_map["model.embed_tokens"] == 0
    assert split.device_map["model.norm"] == 1


def test_gpus_keep_room_for_what_is_brought_from_memory():
    split = spread(model(), [gpu(0, 10), memory(99)])
    on_gpu = [part for part, device in split.places if device.kind == "gpu"]
    assert len(on_gpu) == 9  # of ten: one that lies in memory must fit beside them
    assert split.is_slow


def test_model_that_could_not_even_begin_where_it_is_computed_is_not_spread():
    assert spread(model(), [gpu(0, 1), memory(99)]) is None  # room for one part alone, which others need in turn


def test_names_of_places_are_those_of_transformers():
    split = spread(model(3), [gpu(0, 3), memory(2), disk(9)])
    assert split.device_map == {
        "model.embed_tokens": 0,
        "model.layers.0": 0,
        "model.layers.1": "cpu",
        "model.layers.2": "cpu",
        "model.norm": "cpu",
        "lm_head": "disk",
    }


def test_memory_alone_is_not_slow_and_gpus_alone_are_not():
    assert not spread(model(), [memory(40)]).is_slow
    assert not spread(model(), [gpu(0, 20), gpu(1, 20)]).is_slow
    assert spread(model(), [memory(20), disk(40)]).is_slow


def test_model_without_numbered_layers_is_told_by_its_places():
    parts = [Part(name="wte", size_bytes=LAYER), Part(name="head", size_bytes=LAYER)]
    assert spread(parts, [gpu(0, 1), gpu(1, 1)]).words == "parts on GPU 0, parts on GPU 1"
