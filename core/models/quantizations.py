"""The quantizations that a run's GGUF is exported in: a new one is a record here, in llama.cpp's name for it."""

from dataclasses import dataclass

PLAIN = "f16"  # not quantized: what the others are made from
USUAL = "q8_0"


@dataclass(frozen=True, slots=True)
class Quantization:
    """A quantization: its `name` as llama.cpp, the command line and file names have it, and its `words` on the page."""

    name: str
    words: str
    place: int  # on the page, the usual choice first


QUANTIZATIONS: dict[str, Quantization] = {
    each.name: each
    for each in (
        Quantization(PLAIN, "16 bits: exact, largest", place=5),
        Quantization(USUAL, "8 bits: nearly the same answers, half the size", place=1),
        Quantization("q6_k", "6 bits: hardly less exact, smaller still", place=2),
        Quantization("q5_k_m", "5 bits: between 6 and 4", place=3),
        Quantization("q4_k_m", "4 bits: smallest, a little less exact", place=4),
    )
}
