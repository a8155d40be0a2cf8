"""Files of a run in progress, so that a power cut at any time costs only the steps since the last checkpoint.

A checkpoint is one safetensors file whose name ends with the first digits of its SHA-256. It is written to a temporary
file, synced, renamed and read back. A file that does not match its name is ignored in favor of the previous one.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from core.errors import InputError, SetupError
from core.files import folder_atomic, place_atomic, sha256_file, write_atomic
from core.records import ModelFormat
from core.run_folder import RunFolder

if TYPE_CHECKING:
    from torch import Tensor

    from core.training.loop import Trainer
    from core.training.progress import Progress

log = logging.getLogger(__name__)

KEPT = 2
HASH_LENGTH = 16


def save(folder: Path, trainer: "Trainer") -> None:
    """Write a checkpoint of the full training state and delete all but the last KEPT."""
    numbers = {**trainer.numbers(), "identity": _identity(trainer)}
    _write(folder, "step", trainer.step, trainer.tensors(), numbers)
    for old in _files(folder, "step")[:-KEPT]:
        old.unlink()


def save_best(folder: Path, trainer: "Trainer") -> None:
    """Write only the adapter, as the best so far, in place of the previous best."""
    kept = _write(folder, "best", trainer.step, trainer.adapter(), {"step": trainer.step})
    for old in _files(folder, "best"):
        if old != kept:
            old.unlink()


def resume(folder: Path, trainer: "Trainer") -> None:
    """Restore `trainer` from the last intact checkpoint, or measure the base model if there is none.

    Raises:
        InputError: the interrupted run had other rows or settings.
    """
    for path in reversed(_files(folder, "step")):
        state = _read(path)
        if state is None:
            log.warning("The checkpoint %s is damaged; going on from the one before.", path.name)
            continue
        numbers, tensors = state
        if numbers["identity"] != _identity(trainer):
            raise InputError("The interrupted run had other rows or settings.", "Start a new run.")
        trainer.restore(numbers, tensors)
        return
    trainer.measure()


def choose(folder: Path, trainer: "Trainer") -> int:
    """Leave `trainer` with its last state or, if the setting `keep` is "best", the one with the lowest validation loss.

    Returns:
        The step that state is from.
    """
    step = trainer.step
    best = trainer.best_step or step
    for path in _files(folder, "best"):
        state = _read(path)
        if state and state[0]["step"] == best != step and trainer.settings.keep == "best":
            trainer.restore_adapter(state[1])
            step = best
    return step


def write_learned(folder: Path, trainer: "Trainer", base: Path, format: ModelFormat) -> None:
    """Write `adapter/` in peft's format, or `weights/` if the run trained all of them, with the tokenizer of its base."""
    if trainer.settings.method == "full":
        _write_weights(folder, trainer, base, format)
        return
    shutil.rmtree(RunFolder(folder).adapter, ignore_errors=True)
    with folder_atomic(RunFolder(folder).adapter) as target:
        trainer.model.peft_config["default"].base_model_name_or_path = ""  # a path of this machine
        trainer.model.save_pretrained(str(target), safe_serialization=True, save_embedding_layers=False)
        (target / "README.md").unlink(missing_ok=True)


def _write_weights(folder: Path, trainer: "Trainer", base: Path, format: ModelFormat) -> None:
    from core.models.export import write_model

    shutil.rmtree(RunFolder(folder).weights, ignore_errors=True)
    with folder_atomic(RunFolder(folder).weights) as target:
        write_model(trainer.causal, base, format, target)


def clean_up(folder: Path) -> None:
    """Remove the checkpoints, which only an interrupted run needs."""
    shutil.rmtree(RunFolder(folder).checkpoints, ignore_errors=True)


def open_log(folder: Path, trainer: "Trainer") -> TextIO:
    """Open `metrics.jsonl` for appending, without lines from after the checkpoint; step 0 is the base model."""
    path = RunFolder(folder).metrics
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= trainer.step]
    if trainer.step == 0 and 0 in trainer.validation_losses:
        kept = [json.dumps({"step": 0, "epoch": 0.0, "validation_loss": trainer.validation_losses[0]})]
    write_atomic(path, "".join(f"{line}\n" for line in kept))
    return path.open("a", encoding="utf-8")


def append(file: TextIO, progress: "Progress") -> None:
    """Append the line of a step."""
    values = {name: value for name, value in asdict(progress).items() if value is not None and name != "steps"}
    file.write(json.dumps(values) + "\n")
    file.flush()


def _identity(trainer: "Trainer") -> str:
    """Compute a hash shared by trainings that take the same steps, however often they save and whatever they show."""
    values = trainer.settings.model_dump(exclude={"checkpoint_steps", "goal", "sample_questions", "canaries", "weights"})
    settings = {name: value if isinstance(value, str) else float(value) for name, value in values.items()}  # 6 equals 6.0
    told = json.dumps(
        [settings, len(trainer.rows), len(trainer.texts), trainer.steps, list(trainer.rows[0].tokens)], sort_keys=True
    )
    return hashlib.sha256(told.encode()).hexdigest()


def _write(folder: Path, kind: str, step: int, tensors: "dict[str, Tensor]", numbers: dict[str, Any]) -> Path:
    """Write tensors and numbers to a file named after its hash; it is never in memory as a whole."""
    from safetensors.torch import save_file

    unnamed = RunFolder(folder).checkpoints / f"{kind}-{step:08d}"
    contents = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with place_atomic(unnamed) as beside:
        save_file(contents, beside, {"numbers": json.dumps(numbers)})
    path = unnamed.with_name(f"{unnamed.name}-{sha256_file(unnamed)[:HASH_LENGTH]}.safetensors")
    unnamed.replace(path)
    if not _reads_back(path, contents):
        raise SetupError(f"The checkpoint {path.name} does not read back as it was written.", "Check the disk.")
    return path


def _reads_back(path: Path, contents: "dict[str, Tensor]") -> bool:
    """Return whether a checkpoint holds these tensors to the last bit."""
    import torch
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        return all(torch.equal(_bytes(file.get_tensor(name)), _bytes(tensor)) for name, tensor in contents.items())


def _bytes(tensor: "Tensor") -> "Tensor":
    """Return the bytes of a tensor: numbers that are none are not even equal to themselves."""
    import torch

    return tensor.reshape(-1).view(torch.uint8)


def _read(path: Path) -> "tuple[dict[str, Any], dict[str, Tensor]] | None":
    """Read a checkpoint's numbers and tensors; None if it is damaged."""
    from safetensors import safe_open

    if not path.stem.endswith(sha256_file(path)[:HASH_LENGTH]):
        return None
    with safe_open(str(path), framework="pt") as file:
        return json.loads(file.metadata()["numbers"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _files(folder: Path, kind: str) -> list[Path]:
    """Return the checkpoints of a kind, oldest first."""
    return sorted(RunFolder(folder).checkpoints.glob(f"{kind}-*.safetensors"))
