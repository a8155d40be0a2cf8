"""What is made of a model and kept: a GGUF with its weights in fp16, for batches where llama.cpp is slow with their form."""

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

# Forms that llama.cpp multiplies by one column at a time, so that sixteen answers side by side take as long as one after
# another, with the bits of a weight. For every other common form it has products of whole matrices (ggml/src/ggml-cpu:
# `repack.cpp`, `llamafile/sgemm.cpp`, `tiled/`).
SLOW = {gguf.LlamaFileType.MOSTLY_Q4_1: 5, gguf.LlamaFileType.MOSTLY_Q5_1: 6}
MEMORY_SHARE = 0.5  # of the memory that is free, at most


def batch_gguf(path: Path, cache: Path, *, report: Report = ignore) -> Path:
    """Return the model at `path` as it is best read in batches: itself, or with its weights in fp16, made once and kept.

    Itself, too, where memory or the disk has no room for the larger one, or the folder cannot be written to.

    Args:
        path: a GGUF file.
        cache: the folder that keeps what is made.
        report: see `Report`.

    Raises:
        SetupError: llama.cpp's program is missing, or the disk ran full meanwhile.
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
    """Remove from `cache` what was made of the model at `path`, a GGUF file or a folder of safetensors."""
    made = f"{path.name}-{folder_key(path)}" if path.is_dir() else f"{path.stem}-{file_key(path)}"
    for kept in cache.glob(f"{glob.escape(made)}*"):
        if kept.is_dir():
            shutil.rmtree(kept, ignore_errors=True)
        else:
            kept.unlink(missing_ok=True)
