"""Causal models through transformers and peft: loading in five precisions, adapters, answers, losses.

Import this module where it is used: it loads torch and transformers. Local files only; weights are safetensors or
GGUF; code that comes with a model is never run.
"""

import io
import logging
import os
import sys
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import torch

from core.errors import InputError, SetupError
from core.models.agreement import spaced
from core.models.conversation import Encoded, Vocabulary, encode_rows, prompt_tokens, turn_of
from core.models.packing import PACK_TOKENS, can_share, fit, group, pack, token_losses
from core.models.precision import compute_in_fp32, load_options
from core.models.templates import FALLBACK_TEMPLATE
from core.models.text import Pace
from core.models.vocabulary import read_vocabulary
from core.records import ModelFormat
from core.settings import Precision
from core.storage import file_key, folder_atomic

MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class CausalModel:
    """A loaded model with its tokenizer and the chat template (Jinja) that it is asked with."""

    model: Any
    tokenizer: Any
    vocabulary: Vocabulary
    template: str
    precision: Precision
    device: str  # "cpu" or "cuda"

    @property
    def dtype(self) -> torch.dtype:
        """Of the numbers that flow through the layers."""
        if self.precision == "bf16":
            return torch.bfloat16
        if self.device == "cpu":
            return torch.float32
        return {"fp32": torch.float32, "fp16": torch.float16}.get(self.precision, torch.bfloat16)

    @property
    def context_tokens(self) -> int:
        """Longest sequence the model was made for."""
        config = self.model.config
        described = config.get_text_config() if hasattr(config, "get_text_config") else config
        return int(getattr(described, "max_position_embeddings", 0) or 2048)


def load_causal(
    path: Path,
    format: ModelFormat,
    *,
    precision: Precision = "fp32",
    template: str = "",
    cache: Path | None = None,
) -> CausalModel:
    """Load a model for training or asking; on the GPU when there is one.

    Args:
        path: a GGUF file of a kind that transformers reads, or a folder with safetensors.
        format: which of the two.
        precision: of the frozen weights. On a processor fp16, 8bit and 4bit save memory and compute in fp32.
        template: chat template to use (a run's); else the model's own, else `<human>:` and `<bot>:`.
        cache: a folder that keeps a GGUF unpacked as safetensors in fp16 (2 bytes a weight), so that the next time is
            quick: 1.2 s of processor time against 34 s for the embedded model. None unpacks it every time.

    Raises:
        InputError: not a language model that can be loaded safely.
        SetupError: memory is short.
    """
    prepare_libraries()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if format not in ("gguf", "safetensors"):
        raise InputError(f"{path.name} is not a language model.", "Choose a GGUF file or a folder with safetensors.")
    if format == "safetensors" and not any(path.glob("*.safetensors")):
        raise InputError(f"The folder {path.name!r} holds no safetensors.", "Pickled weights are not loaded.")
    sys.audit("garrison.load", str(path))
    with memory_errors():
        options = load_options(precision, device)
        try:
            if format == "gguf" and cache is not None:
                model, tokenizer = _load_folder(unpack_gguf(path, cache), options)
            else:
                model, tokenizer = (_load_gguf if format == "gguf" else _load_folder)(path, options)
        except (OSError, ValueError, KeyError, NotImplementedError, ImportError, AttributeError) as error:
            raise InputError(
                f"The model {path.name!r} cannot be loaded ({type(error).__name__}).",
                "Run `garrison models verify`; if it is unchanged, transformers does not know this kind of model.",
            ) from error
        if "quantization_config" not in options:  # quantized ones are there already, and refuse to move
            model.to(device)
    if device == "cpu":
        compute_in_fp32(model, precision)
    model.requires_grad_(False)
    model.eval()
    own = tokenizer.chat_template
    own = own.get("default", "") if isinstance(own, dict) else own
    tokenizer = spaced(tokenizer)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    return CausalModel(
        model=model,
        tokenizer=tokenizer,
        vocabulary=read_vocabulary(path, format, model, tokenizer),
        template=template or own or FALLBACK_TEMPLATE,
        precision=precision,
        device=device,
    )


def load_adapter(causal: CausalModel, folder: Path) -> CausalModel:
    """`causal` with the LoRA adapter in `folder`; the weights in `causal` are wrapped, not copied.

    Raises:
        SetupError: the adapter is damaged or gone.
        InputError: it was made for another model.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    if not (folder / "adapter_model.safetensors").is_file():
        raise SetupError(f"There is no adapter in {folder}.", "Restore the workspace from a backup or train again.")
    try:
        model = PeftModel.from_pretrained(causal.model, str(folder), use_safetensors=True, local_files_only=True)
    except (OSError, SafetensorError) as error:
        raise SetupError(f"The adapter in {folder} is damaged.", "Restore it from a backup or train again.") from error
    except (ValueError, RuntimeError, KeyError) as error:
        raise InputError("The adapter was made for another model.", "Choose the one that the run was trained on.") from error
    model.eval()
    return replace(causal, model=model)


@torch.inference_mode()
def generate_stream(
    causal: CausalModel,
    messages: Sequence[Mapping[str, str]],
    *,
    max_tokens: int = 256,
    temperature: float = 0.0,
    seed: int | None = None,
) -> Generator[str, None, Pace]:
    """The answer to the last message, piece by piece, and what was counted; closing the generator stops the model.

    Args:
        causal: who answers.
        messages: `role` and `content`, oldest first.
        max_tokens: longest answer.
        temperature: 0 gives the likeliest answer.
        seed: of the choice among likely tokens, for temperatures above 0.

    Raises:
        InputError: the conversation leaves no room for an answer.
        SetupError: memory is short.
    """
    tokens = prompt_tokens(causal.vocabulary, causal.template, messages)
    room = causal.context_tokens - len(tokens)
    if room < 1:
        raise InputError(
            f"The conversation has {len(tokens)} tokens; this model reads {causal.context_tokens}.",
            "Start a new conversation or shorten the message.",
        )
    turn = turn_of(causal.vocabulary, causal.template)
    generator = torch.Generator(causal.device)
    generator.seed() if seed is None else generator.manual_seed(seed)
    written: list[int] = []
    shown = ""
    is_over = False
    cache = None
    inputs = torch.tensor([tokens], device=causal.device)
    with memory_errors():
        for _ in range(min(max_tokens, room)):
            output = causal.model(input_ids=inputs, past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            token = _choose(output.logits[0, -1].float(), temperature, generator)
            if token in turn.ends:
                is_over = True
                break
            written.append(token)
            text, is_over = _cut(causal, written, turn.stops)
            if len(text) > len(shown) and not text.endswith("\ufffd"):  # a character may be spread over tokens
                yield text[len(shown) :]
                shown = text
            if is_over:
                break
            inputs = torch.tensor([[token]], device=causal.device)
    text, _ = _cut(causal, written, turn.stops, is_last=True)
    if len(text) > len(shown):
        yield text[len(shown) :]
    return Pace(read_count=len(tokens), cached_count=0, token_count=len(written), tokens_per_second=0.0, is_complete=is_over)


@torch.inference_mode()
def generate_batch(
    causal: CausalModel, questions: Sequence[str], *, max_tokens: int = 128, batch_size: int = 16
) -> list[str]:
    """The likeliest answer to each question, in the order of `questions`.

    Questions of similar length are answered together, padded on the left.

    Raises:
        InputError: a question leaves no room for an answer.
        SetupError: memory is short.
    """
    prompts = [
        prompt_tokens(causal.vocabulary, causal.template, [{"role": "user", "content": question}]) for question in questions
    ]
    longest = max(map(len, prompts), default=0)
    if longest >= causal.context_tokens:
        raise InputError(
            f"A question has {longest} tokens; this model reads {causal.context_tokens}.", "Shorten the question."
        )
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    answers = [""] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        for index, answer in zip(chosen, _generate(causal, [prompts[i] for i in chosen], max_tokens), strict=True):
            answers[index] = answer
    return answers


@torch.no_grad()
def answer_loss(causal: CausalModel, rows: Sequence[Mapping[str, str]], *, max_tokens: int = 2048) -> list[float]:
    """Mean cross-entropy of each row's answer tokens, in nats per token, the end of the turn included.

    Args:
        causal: the model.
        rows: `input` and `output`.
        max_tokens: rows are cut to this length at the end of their answer.
    """
    encoded = encode_rows(causal.vocabulary, causal.template, rows)
    longest = min(max_tokens, causal.context_tokens)
    encoded = [Encoded(row.tokens[: max(longest, row.answer_start + 1)], row.answer_start) for row in encoded]
    return mean_losses(causal, encoded)


@torch.no_grad()
def mean_losses(causal: CausalModel, rows: Sequence[Encoded], *, may_share: bool | None = None) -> list[float]:
    """As `answer_loss`, for rows that are tokens already; `may_share` as `can_share` found it, None to find it now."""
    if not rows:
        return []
    was_training = causal.model.training
    causal.model.eval()
    if may_share is None:
        may_share = can_share(causal.model, rows, dtype=causal.dtype, device=causal.device)
    losses = [0.0] * len(rows)

    def measure(limit: int) -> None:
        for chosen in group(rows, limit, may_share=may_share):
            packed = pack([rows[index] for index in chosen], dtype=causal.dtype, device=causal.device)
            by_token = token_losses(causal.model, packed)
            for place, index in enumerate(chosen):
                losses[index] = float(by_token[packed.row == place].mean())

    with memory_errors():
        fit(measure, PACK_TOKENS[causal.device])
    causal.model.train(was_training)
    return losses


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn running out of memory, of the GPU or the machine, into a sentence with remedies."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's out-of-memory errors are RuntimeErrors
        is_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not is_memory and not any(words in str(error).lower() for words in MEMORY_WORDS):
            raise
        free = psutil.virtual_memory().available / 1e9
        raise SetupError(
            f"There is not enough memory for this model ({free:.1f} GB of main memory are free now).",
            "Use a smaller batch_size, precision 4bit, a shorter max_tokens, or a smaller model.",
        ) from error


@cache
def prepare_libraries() -> None:
    """Once: quiet libraries that write to the terminal, and as many threads as there are cores.

    More threads than physical cores collapse the speed. Without a compiler torch must not try to compile.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for name in ("bitsandbytes", "torch", "peft", "accelerate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("transformers", "peft"):  # what they tell each other about coming versions
        warnings.filterwarnings("ignore", category=FutureWarning, module=name)
    os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
    if "OMP_NUM_THREADS" not in os.environ:
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(max(1, min(allowed, psutil.cpu_count(logical=False) or allowed)))


def _load_folder(path: Path, options: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(
        str(path), local_files_only=True, trust_remote_code=False, use_safetensors=True, **options
    )
    return model, tokenizer


def _load_gguf(path: Path, options: dict[str, Any]) -> tuple[Any, Any]:
    """A GGUF has quantization of its own: it is undone first, then the weights are treated like any others."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = {"gguf_file": path.name, "local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(str(path.parent), **where)
    is_quantized = "quantization_config" in options
    dtype = torch.float16 if is_quantized else options["dtype"]
    with redirect_stderr(io.StringIO()):  # its progress bar cannot be switched off
        model = AutoModelForCausalLM.from_pretrained(str(path.parent), dtype=dtype, **where)
    forget_gguf(model)
    if is_quantized:
        weights, config, kind = model.state_dict(), model.config, type(model)
        generation = model.generation_config
        del model
        model = kind.from_pretrained(None, config=config, state_dict=weights, **options)
        model.generation_config = generation
    return model, tokenizer


def unpack_gguf(path: Path, cache: Path) -> Path:
    """The folder in `cache` with the weights of the GGUF at `path` as safetensors; written when it is not there.

    Raises:
        SetupError: the disk is full.
    """
    target = cache / f"{path.stem}-{file_key(path)}"
    if not target.exists():
        model, tokenizer = _load_gguf(path, {"dtype": torch.float16})
        try:
            with folder_atomic(target) as folder:
                model.save_pretrained(str(folder))
                tokenizer.save_pretrained(str(folder))
        except (InputError, OSError):  # another process was first
            if not target.exists():
                raise
    return target


def forget_gguf(model: Any) -> None:
    """Remove the marks that say a model came quantized out of a GGUF: its weights are plain numbers now."""
    for name in ("hf_quantizer", "quantization_method", "is_quantized"):
        if name in model.__dict__:
            delattr(model, name)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config


def _choose(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature <= 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1, generator=generator))


def _cut(causal: CausalModel, tokens: Sequence[int], stops: Sequence[str], *, is_last: bool = False) -> tuple[str, bool]:
    """Return the text of `tokens` as far as it is sure, without space before it, and whether one of `stops` ended it."""
    text: str = causal.tokenizer.decode(tokens, skip_special_tokens=True).lstrip()
    found = [at for stop in stops if (at := text.find(stop)) >= 0]
    if found:
        return text[: min(found)].rstrip(), True
    if is_last:
        return text, False
    begun = [size for stop in stops for size in range(1, len(stop)) if text.endswith(stop[:size])]
    return text[: len(text) - max(begun, default=0)], False  # what may become a stop is held back


def _generate(causal: CausalModel, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[str]:
    from transformers import GenerationConfig

    width = max(map(len, prompts))
    turn = turn_of(causal.vocabulary, causal.template)
    padding = causal.tokenizer.pad_token_id if causal.tokenizer.pad_token_id is not None else 0
    ids = torch.tensor([[padding] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    room = min(max_tokens, causal.context_tokens - width)
    config = GenerationConfig(max_new_tokens=room, do_sample=False, eos_token_id=sorted(turn.ends), pad_token_id=padding)
    with memory_errors():
        output = causal.model.generate(
            input_ids=ids.to(causal.device), attention_mask=mask.to(causal.device), generation_config=config
        )
    return [_cut(causal, row[width:].tolist(), turn.stops, is_last=True)[0].strip() for row in output]
