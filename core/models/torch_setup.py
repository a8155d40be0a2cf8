"""Torch and its libraries on this machine: quiet, with as many threads as cores, and out of memory told in a sentence."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psutil
import torch

from core.errors import SetupError

log = logging.getLogger(__name__)

MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_cpu")


class OutOfMemory(SetupError):
    """The machine or the GPU has too little memory for what was asked of it."""


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn out-of-memory errors, of the GPU or the machine, into an `OutOfMemory` that suggests remedies."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's out-of-memory errors are RuntimeErrors
        is_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not is_memory and not any(words in str(error).lower() for words in MEMORY_WORDS):
            raise
        free = psutil.virtual_memory().available / 1e9
        raise OutOfMemory(
            f"There is not enough memory for this model ({free:.1f} GB of main memory are free now).",
            "Use a smaller batch_size, precision 4bit, a shorter max_tokens, or a smaller model.",
        ) from error


@contextmanager
def peft_warnings_logged() -> Iterator[None]:
    """Write peft's warnings to our log instead of the terminal: they tell what it sees to by itself."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield
    for warning in told:
        log.debug("peft: %s", warning.message)


@cache
def prepare_libraries() -> None:
    """Silence libraries that write to the terminal and set one thread per physical core; runs only once.

    With more threads than physical cores, speed collapses. torch must not try to compile: there may be no compiler.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for name in ("bitsandbytes", "torch", "peft", "accelerate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")  # what is said of coming versions
    warnings.filterwarnings(
        "ignore", module="peft"
    )  # and what peft sees to by itself, such as the layout of GPT-2's weights
    os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
    if "OMP_NUM_THREADS" not in os.environ:
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(max(1, min(allowed, psutil.cpu_count(logical=False) or allowed)))
