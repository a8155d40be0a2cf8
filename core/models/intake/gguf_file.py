"""Whether a GGUF file is a whole model that llama.cpp reads, from its header and from llama.cpp itself."""

import json
import logging
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from core.errors import REPAIR, InputError, SetupError
from core.models.conversion.child import run
from core.models.engine.crash import ended_by
from core.models.intake.accounts import COPY_AGAIN, Account, check
from core.models.intake.header import Header
from core.models.intake.trial import Trial

log = logging.getLogger(__name__)

READER = "llama.cpp"
# llama.cpp, src/llama-model-loader.cpp and llama-model.cpp.
MISSING = re.compile(r"missing tensor '([^']+)'|tensor '([^']+)' not found")
MISSHAPEN = re.compile(r"tensor '([^']+)' has wrong shape")
UNCOUNTED = re.compile(r"wrong number of tensors; expected (\d+), got (\d+)")
UNKNOWN = re.compile(r"unknown model architecture: '([^']*)'")
BLOCK = re.compile(r"blk\.(\d+)\.(.+)")


def check_kind(path: Path, header: Header) -> None:
    """Raise unless the GGUF at `path` holds a model rather than an adapter, a vision projector or a vocabulary.

    Raises:
        InputError: it holds something else, which the message names.
    """
    kind = header.get("general.type", "model")
    if kind == "adapter" or "adapter.type" in {entry.key for entry in header.entries}:
        raise InputError(f"{path.name!r} is an adapter (LoRA), no model.", "Add the model that it was made for.")
    if kind == "mmproj" or header.architecture == "clip":
        raise InputError(
            f"{path.name!r} is the part of a model that sees pictures (a vision projector), no language model.",
            "Add the other GGUF file of this model, which reads and writes text.",
        )
    if kind == "imatrix":
        raise InputError(f"{path.name!r} holds measurements for quantizing a model, no model.", "Add the model itself.")
    if not header.tensors:
        is_vocabulary = header.get("tokenizer.ggml.model") is not None
        held = "holds a tokenizer and no weights" if is_vocabulary else "holds no weights"
        raise InputError(f"The GGUF file {path.name!r} {held}.", "Bring the file with the weights of the model.")


def check_read(path: Path, header: Header, name: str) -> None:
    """Have llama.cpp compare the tensors of the GGUF at `path` with those of its family, in a process of its own.

    Args:
        path: a GGUF file.
        header: its header.
        name: what to call it in messages.

    Raises:
        InputError: tensors are missing, of another size or not read, or llama.cpp does not know this family.
        SetupError: llama.cpp cannot be asked.
    """
    trial = _asked(path, name)
    if trial.is_read:
        return
    told = "\n".join(trial.errors)
    log.warning("llama.cpp does not read %s: %s", name, told)
    if found := UNKNOWN.search(told):
        raise InputError(f"{READER} does not know this family of models ({found[1]}).", "Choose another model.")
    check(_account(told, header), name, reader=READER)
    if found := UNCOUNTED.search(told):
        raise InputError(
            f"The model {name!r} is not read in full by {READER}: it has {found[1]} tensors, of which {found[2]} are read.",
            "Bring this model as published for llama.cpp, or choose another.",
        )
    raise InputError(f"{READER} cannot read the model {name!r}.", COPY_AGAIN)


def _account(told: str, header: Header) -> Account:
    missing, misshapen = MISSING.search(told), MISSHAPEN.search(told)
    return Account(
        missing=tuple(sorted({missing[1] or missing[2], *_gaps(header)})) if missing else (),
        misshapen=(misshapen[1],) if misshapen else (),
    )


def _gaps(header: Header) -> list[str]:
    """Return the tensors that most layers have and others lack: llama.cpp only names the first."""
    layers = range(int(header.of_family("block_count", 0)))
    placed = [found.groups() for tensor in header.tensors if (found := BLOCK.fullmatch(tensor.name))]
    usual = [part for part, count in Counter(part for _, part in placed).items() if 2 * count >= len(layers)]
    present = {(int(layer), part) for layer, part in placed}
    return [f"blk.{layer}.{part}" for layer in layers for part in usual if (layer, part) not in present]


def _asked(path: Path, name: str) -> Trial:
    with tempfile.TemporaryDirectory(prefix="garrison-") as scratch:
        outcome = Path(scratch) / "trial.json"
        # -s and -P: neither user site-packages nor the current folder can shadow a module
        command = [sys.executable, "-s", "-P", "-m", "core.models.intake.trial", str(path.absolute()), str(outcome)]
        status = run(command, folder=Path(scratch))
        if outcome.is_file():
            values = json.loads(outcome.read_text(encoding="utf-8"))
            return Trial(values["is_read"], tuple(values["errors"]))
    if status < 0:
        raise InputError(f"{READER} ended with {ended_by(status)} while it looked at {name!r}.", COPY_AGAIN)
    raise SetupError(f"{READER} could not look at the model {name!r}.", REPAIR)
