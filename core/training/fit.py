"""Whether a training fits this machine and how long it takes: an estimate from sizes, before anything is loaded.

Estimates err on the large side. Only the training itself knows for sure; it stops with a clear message if memory runs short.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.errors import SetupError
from core.models.cpu_budget import BUSY
from core.records import Model
from core.settings import TrainingSettings
from core.words import size

# Bytes per weight once loaded. With 8 and 4 bits the embeddings stay at 4 bytes each; 4 bits was measured on the embedded
# model (166 MB for 134.5 M weights, docs/benchmarks.md), 8 bits computed from the same share of embeddings.
WEIGHT_BYTES = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "8bit": 1.65, "4bit": 1.25}
# Experts are one tensor for all, which bitsandbytes does not quantize and a processor computes in fp32 (measured: a tiny
# Mixtral whose weights are mostly experts took 1.10 MB in 4 bits, 1.19 in fp32 and .65 in bf16).
EXPERT_BYTES = {"fp32": 4.0, "bf16": 2.0, "fp16": 4.0, "8bit": 4.0, "4bit": 4.0}
FILE_BITS = {"q2": 3.4, "q3": 4.0, "q4": 5.9, "q5": 6.3, "q6": 6.9, "q8": 8.6, "f32": 32.0}  # by GGUF file name, else 16
UNSURE = 0.15  # of the memory estimated: so far off it may be (docs/benchmarks.md)
RUNTIME_BYTES = 4.9e8  # the interpreter with its libraries: what was held after loading, less the weights
# Memory held per token of a pack until its backward pass, measured on the embedded model (docs/benchmarks.md, Memory of a
# training): 3.1 to 3.6 MB in fp32, 3.2 to 4 in 4 bits, 2.4 in bf16. It is expressed over weights ** (2/3), which
# grows as layers times width does, plus three copies of the logits over 49,152 tokens. It is what layers and adapters keep
# for the backward pass, and what the allocator does not give back between packs.
TOKEN_FACTORS, TOKEN_BYTES = {"bf16": 7.3, "fp32": 10.7}, 6e5
TOKEN_FACTOR = 11.8  # in the other precisions, where weights are turned into fp32 for each product besides
PACK = 1024  # tokens that go through the model at once on a processor: `core.models.packing.PACK_TOKENS`
# Of weights that are divided, what each GPU holds besides its part: embeddings, and two layers that are put together. It is
# computed, two layers of eight, and was not measured. On processors the peak of a process was 2.1 times the whole weights
# (docs/training.md): they are divided, but what was used to divide and to put them together is not given back.
WHOLE_SHARE, ON_PROCESSOR = 0.25, 2.1
CHECKPOINT_BYTES = 12  # of a weight that learns: itself and the two means of AdamW, in 4 bytes each
HARMED_BELOW = 3e8  # weights of a model that full training harms (arXiv 2606.06920)
LORA_SHARE = 0.0181 / 8  # trainable share per unit of rank: 2.44 M of 134.5 M weights at rank 8
# Tokens per second of the embedded model on 2 cores: 560 were measured on a Xeon that did nothing else (fp32, rank 16).
REFERENCE_SPEED, REFERENCE_WEIGHTS = 400.0, 134.5e6
CHARACTERS_PER_TOKEN = 4.0
START_S = 20.0  # loading the libraries and the model, freezing the rows
TEMPLATE_TOKENS = 30  # what the chat template adds to each row: control tokens and instructions


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much there is to train on: question pairs, the facts that they ask for, and the characters of both sides.

    An epoch shows each fact once, in whichever of its wordings; a pair whose fact is not known is a fact of its own.
    """

    pairs: int
    facts: int
    characters: int
    documents: int = 1
    longest_characters: int = 0  # of a pair, with the conversation before it; 0 if it is not known

    def of_preferences(self, count: int) -> "Amount":
        """Return so many questions of these, each with two answers to read."""
        characters = round(self.characters / max(self.pairs, 1) * count)
        return replace(self, pairs=count, facts=2 * count, characters=characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a training needs and what is available, in bytes, and how long it takes, in seconds."""

    memory_bytes: float
    free_memory_bytes: float
    disk_bytes: float
    free_disk_bytes: float
    duration_s: float
    checkpoint_bytes: float = 0.0  # of the files, each of the two checkpoints that are kept while it trains
    start_s: float = START_S  # of these, before the first step
    is_speed_measured: bool = False  # by an earlier run or probe of this model here, whatever else the machine did then
    is_busy: bool = False  # whether other programs keep the machine busy, which the duration does not count
    process_bytes: float = 0.0  # of the memory, what each process needs
    parts: int = 1  # that the weights are divided into, each held by a process
    is_on_gpus: bool = False  # whether each of these processes has a GPU of its own

    @property
    def division(self) -> str:
        """Among how many the weights are divided and what each needs, in a sentence; "" if they are whole."""
        if self.parts == 1:
            return ""
        among = f"{self.parts} {'GPUs' if self.is_on_gpus else 'processes'}"
        return f"The weights are divided among {among}; each needs about {size(self.process_bytes)}."

    @property
    def basis(self) -> str:
        """What these figures rest on, in a sentence, and one more if the machine is busy."""
        speed = "at the speed last measured here" if self.is_speed_measured else "for a machine that does nothing else"
        rests_on = f"An estimate from the model's size and the questions' length, {speed}. {self.division}".rstrip()
        slower = "It may take longer now." if self.is_speed_measured else "It takes twice as long now, or longer."
        return f"{rests_on} {BUSY} {slower}" if self.is_busy else rests_on

    @property
    def is_enough(self) -> bool:
        """Whether both memory and disk suffice."""
        return self.is_memory_enough and self.is_disk_enough

    @property
    def is_memory_enough(self) -> bool:
        """Whether the estimate leaves a tenth of the free memory unused."""
        return self.memory_bytes <= 0.9 * self.free_memory_bytes

    @property
    def is_disk_enough(self) -> bool:
        """Whether the files fit on the workspace's disk, with 5% to spare."""
        return self.disk_bytes <= 0.95 * self.free_disk_bytes


def weight_count(model: Model) -> float:
    """Estimate how many weights a model has from its size and, for GGUF, the precision in its file name."""
    bits = 16.0
    if model.format == "gguf":
        name = model.path.rsplit("/", 1)[-1].lower()
        bits = next((bits for mark, bits in FILE_BITS.items() if mark in name), 16.0)
    return model.size_bytes * 8 / bits


def loaded_bytes(model: Model, settings: TrainingSettings, *, expert_weights: int = 0) -> float:
    """Estimate the memory that a model's weights take once loaded; those of experts are not quantized, all learn in fp32."""
    weights = weight_count(model)
    if settings.method == "full":
        return 4 * weights
    of_experts = min(float(expert_weights), weights)
    return (weights - of_experts) * WEIGHT_BYTES[settings.precision] + of_experts * EXPERT_BYTES[settings.precision]


def check_loadable(model: Model, settings: TrainingSettings, *, expert_weights: int = 0, free_memory_bytes: float) -> None:
    """Raise if not even a model's weights have room: loading it would end this process, or others, without a word.

    Raises:
        SetupError: they need more memory than is free.
    """
    needed = (1 - UNSURE) * loaded_bytes(model, settings, expert_weights=expert_weights)
    if needed <= free_memory_bytes:
        return
    smaller = settings.model_copy(update={"precision": "4bit"})
    helps = (1 - UNSURE) * loaded_bytes(model, smaller, expert_weights=expert_weights) <= free_memory_bytes
    raise SetupError(
        f"{model.name} needs {size(needed)} of memory in {settings.precision}, and {size(free_memory_bytes)} are free.",
        "Train it with precision 4bit." if helps else "Choose a smaller model, or close other programs.",
    )


def row_tokens(amount: Amount) -> float:
    """Estimate the mean length of a training row in tokens: four characters per token, plus the chat template."""
    return amount.characters / max(amount.pairs, 1) / CHARACTERS_PER_TOKEN + TEMPLATE_TOKENS


def tokens_at_once(amount: Amount, settings: TrainingSettings) -> float:
    """Estimate how many tokens go through the model at once at most: a pack of the longest rows, with one beginning."""
    mean = row_tokens(amount)
    longest = min(max(mean, amount.longest_characters / CHARACTERS_PER_TOKEN + TEMPLATE_TOKENS), settings.max_tokens)
    in_step = min(settings.batch_size, amount.pairs or 1) * (2 if settings.objective == "dpo" else 1)
    rows = max(1.0, min(in_step, PACK / longest))
    return TEMPLATE_TOKENS + rows * max(0.0, longest - TEMPLATE_TOKENS)


def remedies(settings: TrainingSettings) -> dict[str, Any]:
    """Return the settings to change, with their new values, so that a training needs less memory; {} if nothing helps."""
    changes: dict[str, Any] = {}
    if settings.method == "full":
        changes["method"] = "lora"
    elif settings.precision != "4bit" and settings.weights == "whole":
        changes["precision"] = "4bit"
    if settings.batch_size > 1:
        changes["batch_size"] = max(1, settings.batch_size // 4)
    return changes


def fitting_changes(settings: TrainingSettings, fit_of: Callable[[TrainingSettings], "Fit"]) -> dict[str, Any] | None:
    """Return the fewest of the remedies with which the memory suffices; None if not even all of them are enough."""
    helping = remedies(settings)
    for names in (*((name,) for name in reversed(helping)), tuple(helping)):
        changes = {name: helping[name] for name in names}
        if changes and fit_of(settings.model_copy(update=changes)).is_memory_enough:
            return changes
    return None


def _held_share(parts: int, gpus: int) -> float:
    """Return how much of the loaded weights each process holds at most."""
    if parts == 1:
        return 1.0
    return WHOLE_SHARE + (1 - WHOLE_SHARE) / parts if gpus >= parts else ON_PROCESSOR


def estimate(
    model: Model,
    settings: TrainingSettings,
    *,
    amount: Amount,
    expert_weights: int = 0,
    tokens_per_s: float,
    free_memory_bytes: float,
    free_disk_bytes: float,
    is_busy: bool = False,
    gpus: int = 0,
) -> Fit:
    """Estimate what training `model` on so much needs.

    Args:
        model: the base model.
        settings: the settings of the run.
        amount: the kept question pairs from text whose approval stands.
        expert_weights: how many of the weights are those of experts, which are not quantized.
        tokens_per_s: speed measured on an earlier run of this model; 0 falls back on the speed measured on 2 cores.
        free_memory_bytes: free memory of this machine.
        free_disk_bytes: free space on the disk that holds the workspace.
        is_busy: whether other programs keep the machine busy.
        gpus: how many GPUs there are, if that is known.
    """
    weights = weight_count(model)
    tokens = min(row_tokens(amount), settings.max_tokens)
    is_whole = settings.method == "full"
    trainable = weights if is_whole else weights * LORA_SHARE * settings.lora_rank
    token_bytes = TOKEN_FACTORS.get(settings.precision, TOKEN_FACTOR) * weights ** (2 / 3) + TOKEN_BYTES
    activations = tokens_at_once(amount, settings) * token_bytes
    speed = tokens_per_s or REFERENCE_SPEED * min(1.0, REFERENCE_WEIGHTS / weights)
    seen = settings.epochs * amount.facts / (1 - settings.passage_share - settings.general_share)  # rows
    steps = seen / (settings.batch_size * settings.gradient_accumulation)
    share = min(1.0, settings.max_steps / steps) if settings.max_steps and steps else 1.0
    loaded = 0.0 if is_whole else loaded_bytes(model, settings, expert_weights=expert_weights)  # else among those that learn
    parts = settings.processes if settings.weights == "divided" else 1
    each = RUNTIME_BYTES + loaded * _held_share(parts, gpus) + 16 * trainable
    return Fit(
        memory_bytes=settings.processes * each + activations,
        process_bytes=each + activations,
        parts=parts,
        is_on_gpus=gpus >= parts,
        free_memory_bytes=free_memory_bytes,
        disk_bytes=(4 + 2 * CHECKPOINT_BYTES) * trainable + 1e7,  # what is learned, and two checkpoints with the optimizer
        checkpoint_bytes=CHECKPOINT_BYTES * trainable,
        free_disk_bytes=free_disk_bytes,
        duration_s=START_S + share * seen * tokens / speed,
        is_speed_measured=tokens_per_s > 0,
        is_busy=is_busy,
    )
