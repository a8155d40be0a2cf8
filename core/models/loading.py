"""In which precision a model is opened for chat, and where its parts then lie: from its shapes and what is free."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from core.models.shapes import Base
from core.models.spread import Device, Part, Split, spread
from core.settings import Precision

# Bytes of a weight in a layer that is quantized: with 4 bits, each 64 weights share a scale of 4 bytes (bitsandbytes, nf4).
QUANTIZED = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}
BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}
BITS = {"fp32": 32, "bf16": 16, "fp16": 16, "8bit": 8, "4bit": 4}
EXPERTS = ".experts."  # in the names of weights of experts
NUMBERED = re.compile(r"(?P<stack>.*?)\.(?P<number>\d+)\.")


@dataclass(frozen=True, slots=True)
class Loading:
    """In which precision a model is opened, and where its parts lie."""

    precision: Precision
    split: Split

    @property
    def words(self) -> str:
        """How it is opened, such as "in 16 bit, layers 0 to 15 on GPU 0, the rest in memory"."""
        slow = "; slow, since parts are brought anew for each word" if self.split.is_slow else ""
        return f"in {BITS[self.precision]} bit, {self.split.words}{slow}"


def choose_loading(base: Base, devices: Sequence[Device]) -> Loading | None:
    """Return how a model is opened on some devices; None if they do not hold it together.

    As exactly as one device holds it; else in 16 bit over all GPUs, then in 8 or 4; only then are parts left in memory, and
    at last on the disk, which is slower by far. Without a GPU, the memory is the device. Experts are never left on the disk:
    transformers joins them when it loads them, so that they would have to be written anew.
    """
    gpus = [device for device in devices if device.kind == "gpu"]
    memory = [device for device in devices if device.kind == "memory"]
    exact: Precision = "bf16" if gpus else "fp16"  # a processor computes 16 bits in fp32: it has no fast bf16
    alone = [[device] for device in gpus or memory]
    tries: list[tuple[Precision, Sequence[Device]]] = [
        *(("fp32", each) for each in alone),
        *((exact, each) for each in alone),
        (exact, gpus),
        *(("8bit", each) for each in [*alone, gpus]),
        *(("4bit", each) for each in [*alone, gpus]),
        ("bf16", [*gpus, *memory]),
        ("bf16", [] if any(EXPERTS in name for name in base.weights) else devices),
    ]
    for precision, places in tries:
        split = spread(parts_of(base, precision, is_on_gpu=bool(gpus)), places) if places else None
        if split:
            return Loading(precision, split)
    return None


def parts_of(base: Base, precision: Precision, *, is_on_gpu: bool) -> list[Part]:
    """Return the parts of a model in its order, with their sizes in a precision: its layers, and what lies around them.

    Quantized are the layers that multiply within the numbered ones; all else is kept in 16 bit on a GPU, 32 on a processor.
    """
    stacks = Counter(found["stack"] for name in base.weights if (found := NUMBERED.match(name)))
    main = stacks.most_common(1)[0][0] if stacks else ""
    sizes: dict[str, float] = dict.fromkeys(map(_part_name, base.buffers), 0)  # a few numbers; they lie where it begins
    shares = {}
    for name, shape in base.weights.items():
        part = _part_name(name)
        if name in base.shared:
            shares[part] = _part_name(base.shared[name])
            sizes.setdefault(part, 0)
        else:
            sizes[part] = sizes.get(part, 0) + prod(shape) * _weight_bytes(base, name, precision, is_on_gpu=is_on_gpu)
    return [
        Part(name=name, size_bytes=round(size), layer=_number(name, main), shares=shares.get(name, ""))
        for name, size in sizes.items()
    ]


def _part_name(name: str) -> str:
    """Return the part that a weight belongs to: a numbered layer, or else the module that holds it."""
    found = NUMBERED.match(name)
    return f"{found['stack']}.{found['number']}" if found else name.rpartition(".")[0]


def _number(part: str, stack: str) -> int | None:
    found = NUMBERED.match(f"{part}.")
    return int(found["number"]) if found and found["stack"] == stack else None


def _weight_bytes(base: Base, name: str, precision: Precision, *, is_on_gpu: bool) -> float:
    layer = base.layers.get(name.removesuffix(".weight"))
    if precision in QUANTIZED:
        is_quantized = layer is not None and not layer.is_embedding and NUMBERED.match(name)
        return QUANTIZED[precision] if is_quantized else 2 if is_on_gpu else 4
    return BYTES[precision]
