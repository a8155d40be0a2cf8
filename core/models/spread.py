"""How a model's weights are spread over devices that do not hold it alone: GPUs in order, then memory, then the disk.

Layers stay in their order, so that a text crosses from each device to the next once. All of it is arithmetic on sizes:
nothing is loaded and no device is asked (`core.models.devices` does that).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["gpu", "memory", "disk"]

# Of what is free on a device, so much is filled with weights; the rest is for what is computed and remembered (the cache of
# a conversation).
SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a model that stays together: a layer by its number, or another module (None), with its size once loaded.

    `shares` names the part whose weights it uses, too: it lies beside that one and takes no room of its own.
    """

    name: str
    size_bytes: int
    layer: int | None = None
    shares: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A place for weights, and what is free there. `number` is that of a GPU."""

    kind: Kind
    free_bytes: int
    number: int = 0

    @property
    def words(self) -> str:
        """Where something lies that lies here."""
        return {"gpu": f"on GPU {self.number}", "memory": "in memory", "disk": "on the disk"}[self.kind]

    @property
    def place(self) -> int | str:
        """What transformers calls it."""
        return self.number if self.kind == "gpu" else "cpu" if self.kind == "memory" else "disk"


@dataclass(frozen=True, slots=True)
class Split:
    """Which part lies where, in the order of the model."""

    places: tuple[tuple[Part, Device], ...]

    @property
    def is_spread(self) -> bool:
        """Whether it lies in more than one place."""
        return len({device.place for _, device in self.places}) > 1

    @property
    def computed_on(self) -> str:
        """Where a text goes in and comes out, as torch calls it."""
        number = next((device.number for _, device in self.places if device.kind == "gpu"), None)
        return "cpu" if number is None else f"cuda:{number}"

    @property
    def is_slow(self) -> bool:
        """Whether parts must be brought to where they are computed for each word: from memory to a GPU, or from the disk."""
        kinds = {device.kind for _, device in self.places}
        return "disk" in kinds or kinds == {"gpu", "memory"}

    @property
    def device_map(self) -> dict[str, int | str]:
        """Where each part lies, as transformers takes it."""
        return {part.name: device.place for part, device in self.places}

    @property
    def words(self) -> str:
        """The split in words, such as "layers 0 to 15 on GPU 0, 16 to 31 on GPU 1"."""
        if not self.is_spread:
            return f"all of it {self.places[0][1].words}"
        held: dict[Device, list[Part]] = {}
        for part, device in self.places:
            held.setdefault(device, []).append(part)
        told = {device: _layers(parts) for device, parts in held.items()}
        told = {device: words for device, words in told.items() if words} or dict.fromkeys(held, "parts")
        last = list(told)[-1]
        if last.kind != "gpu" and len(told) > 1:
            told[last] = "the rest"
        phrases = [f"{words} {device.words}" for device, words in told.items()]
        many = "layers" if " to " in next(iter(told.values())) else "layer"
        return ", ".join([f"{many} {phrases[0]}" if phrases[0][0].isdigit() else phrases[0], *phrases[1:]])


def spread(parts: Sequence[Part], devices: Sequence[Device]) -> Split | None:
    """Return how a model is spread over `devices`, filled in the order in which they are given; None if it does not fit.

    Args:
        parts: all of the model, in its order.
        devices: those that compute first (GPUs, or the memory); of each, `SHARE` of what is free is filled.
    """
    split = _filled(parts, devices, reserve_bytes=0)
    if split and split.is_slow:  # what does not lie where it is computed needs room there for the moment
        waiting = [part.size_bytes for part, device in split.places if device.kind != devices[0].kind]
        split = _filled(parts, devices, reserve_bytes=max(waiting))
    begins_there = split is not None and split.places[0][1].kind == devices[0].kind
    return split if begins_there else None


def _filled(parts: Sequence[Part], devices: Sequence[Device], *, reserve_bytes: int) -> Split | None:
    """Fill one device after the other; `reserve_bytes` are left on those that compute, which are of the first one's kind."""
    room = [int(device.free_bytes * SHARE) - (reserve_bytes if device.kind == devices[0].kind else 0) for device in devices]
    at, places = 0, []
    where: dict[str, Device] = {}
    for part in parts:
        if part.shares in where:
            where[part.name] = where[part.shares]
        else:
            while at < len(devices) and room[at] < part.size_bytes:
                at += 1
            if at == len(devices):
                return None
            room[at] -= part.size_bytes
            where[part.name] = devices[at]
        places.append((part, where[part.name]))
    return Split(tuple(places))


def _layers(parts: Sequence[Part]) -> str:
    """Return the numbers of the layers among some parts, such as "0 to 15"; "" if none is a layer."""
    layers = [part.layer for part in parts if part.layer is not None]
    return f"{layers[0]} to {layers[-1]}" if len(layers) > 1 else "".join(map(str, layers))
