"""Cached fp16 copies of GGUF models whose quantization llama.cpp is slow with in batches."""

import glob
import logging
import shutil
from pathlib import Path

import gguf
import psutil

from core.files import file_key
from core.models.conversion.child import Report, ignore, make_once
from core.models.conversion.model import folder_key
from core.models.engine.context import read_head
from core.models.gguf_file import quantize

log = logging.getLogger(__name__)

# Quantizations, with bits per weight, that llama.cpp multiplies one column at a time: sixteen answers in parallel take as
# long as one after another. It has matrix-matrix products for every other common type (ggml/src/ggml-cpu: `repack.cpp`,
# `llamafile/sgemm.cpp`, `tiled/`).
SLOW = {gguf.LlamaFileType.MOSTLY_Q4_1: 5, gguf.LlamaFileType.MOSTLY_Q5_1: 6}
MEMORY_SHARE = 0.5  # of free memory, at most


def batch_gguf(path: Path, cache: Path, *, report: Report = ignore) -> Path:
    """Return the file to use for batches: `path`, or a cached fp16 copy if its quantization is slow.

    Falls back to `path` if memory or disk has no room for the copy, or the cache folder is not writable.

    Args:
        path: a GGUF file.
        cache: folder for the copy.
        report: called with progress, see `Report`.

    Raises:
        SetupError: llama-quantize is missing or failed, as when the disk filled up in the meantime.
    """
    bits = SLOW.get(read_head(path).get("general.file_type", -1))
    if bits is None:
        return path
    size_bytes = path.stat().st_size * 16 // bits
    if size_bytes > psutil.virtual_memory().available * MEMORY_SHARE:
        return path
    kept = cache / f"{path.stem}-{file_key(path)}-f16.gguf"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if not kept.exists() and shutil.disk_usage(cache).free < 2 * size_bytes:
            return path
        return make_once(kept, lambda beside: quantize(path, beside, "f16", report=report), lambda: report(0.0))
    except OSError as error:
        log.warning("The folder for what is made of models cannot be used (%s).", error.strerror)
        return path


def remove_made(path: Path, cache: Path) -> None:
    """Remove everything derived from the model at `path`, a GGUF file or folder of safetensors, from `cache`."""
    made = f"{path.name}-{folder_key(path)}" if path.is_dir() else f"{path.stem}-{file_key(path)}"
    for kept in cache.glob(f"{glob.escape(made)}*"):
        if kept.is_dir():
            shutil.rmtree(kept, ignore_errors=True)
        else:
            kept.unlink(missing_ok=True)
