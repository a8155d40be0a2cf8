"""A finished run as files that other programs load: the adapter, merged weights, a GGUF.

Every export appears complete in its target folder or not at all. A folder of several files holds a `SHA256SUMS`, so that
`sha256sum -c SHA256SUMS` in it checks them all. Import this module where it is used: it loads torch.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from core.errors import SetupError
from core.models.card import CARD, Origin, license_files, model_card
from core.models.causal import CausalModel, load_adapter, load_causal, memory_errors
from core.models.packing import end_tokens
from core.records import ModelFormat
from core.storage import folder_atomic, sha256_file

Quantization = Literal["f16", "q8_0", "q4_k_m"]
SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Checksum:
    """What an export is checked by: `sha256` is that of the file named `file` in its folder."""

    file: str
    sha256: str


def export_adapter(folder: Path, target: Path, *, origin: Origin | None = None) -> Checksum:
    """Copy the adapter of the run in `folder`, with its chat template, in peft's format.

    Args:
        folder: the run's folder.
        target: a folder that does not exist or is empty.
        origin: for the model card; None writes none.

    Returns:
        The checksum of `SHA256SUMS`.

    Raises:
        InputError: `target` is not empty.
        SetupError: the adapter is gone, or the disk is full.
    """
    files = [folder / "adapter" / "adapter_config.json", folder / "adapter" / "adapter_model.safetensors"]
    _check_present(folder, files)
    with folder_atomic(target) as beside:
        for file in files:
            shutil.copyfile(file, beside / file.name)
        shutil.copyfile(folder / "template.jinja", beside / "chat_template.jinja")
        _write_papers(beside, origin)
    return _checksum(target / SUMS)


def export_merged(
    path: Path,
    format: ModelFormat,
    *,
    folder: Path,
    target: Path,
    cache: Path | None = None,
    origin: Origin | None = None,
) -> Checksum:
    """Write the base model with the run's adapter worked into its weights: a folder of safetensors.

    The weights keep the precision of a safetensors base; those of a GGUF base become fp16, which holds what its
    blocks stand for. The sum is made in fp32. Texts of the base model's license go along.

    Args:
        path: the base model.
        format: of the base model.
        folder: the run's folder.
        target: a folder that does not exist or is empty.
        cache: a folder that keeps unpacked models, see `load_causal`.
        origin: for the model card; None writes none.

    Returns:
        The checksum of `SHA256SUMS`.

    Raises:
        InputError: `target` is not empty, or the adapter belongs to another model.
        SetupError: the adapter is gone, memory is short or the disk is full.
    """
    causal = load_run(path, format, folder=folder, cache=cache)
    stored = getattr(causal.model.config, "dtype", None)
    with memory_errors():
        model: Any = causal.model.merge_and_unload()
        model.to(torch.float16 if format == "gguf" else _own_dtype(path) or stored or torch.float32)
    model.generation_config.eos_token_id = end_tokens(causal.tokenizer, causal.template)
    causal.tokenizer.chat_template = causal.template
    with folder_atomic(target) as beside:
        model.save_pretrained(str(beside), safe_serialization=True)
        causal.tokenizer.save_pretrained(str(beside))
        for file in license_files(path) if format == "safetensors" else []:
            shutil.copyfile(file, beside / file.name)
        _write_papers(beside, origin)
    return _checksum(target / SUMS)


def export_gguf(
    path: Path,
    format: ModelFormat,
    *,
    folder: Path,
    target: Path,
    quantization: Quantization = "q8_0",
    cache: Path | None = None,
    origin: Origin | None = None,
) -> Checksum:
    """Write the merged model as a GGUF file in `target`, and load it with llama.cpp before it counts.

    Args:
        path: the base model.
        format: of the base model. Of a GGUF everything but the changed weights is copied; of safetensors only
            models of the kinds Llama and Mistral can be written.
        folder: the run's folder.
        target: a folder that does not exist or is empty.
        cache: a folder that keeps unpacked models, see `load_causal`.
        quantization: f16 keeps what the merged model has; q8_0 halves it; q4_k_m makes it about a third of f16.
        origin: whose license is written into the file where the base is none that names it itself.

    Returns:
        The checksum of the GGUF file.

    Raises:
        InputError: `target` is not empty, or this kind of model cannot be written as GGUF.
        SetupError: the adapter is gone, memory is short or the disk is full.
    """
    from core.models import gguf_file, llama

    causal = load_run(path, format, folder=folder, cache=cache)
    with folder_atomic(target) as beside:
        file = beside / f"model-{quantization}.gguf"
        plain = beside / "model-f16.gguf" if quantization == "q4_k_m" else file
        if format == "gguf":
            content = gguf_file.from_gguf(path, causal)
        else:
            content = gguf_file.from_model(causal)
        license = origin.license if origin else ""
        gguf_file.write(plain, content, quantization="q8_0" if quantization == "q8_0" else "f16", license=license)
        if quantization == "q4_k_m":
            gguf_file.quantize(plain, file)
            plain.unlink()
        llama.Weights(file).close()
    return _checksum(target / file.name)


def load_run(path: Path, format: ModelFormat, *, folder: Path, cache: Path | None = None) -> CausalModel:
    """The base model in fp32 with the run's adapter and chat template."""
    _check_present(folder, [folder / "template.jinja"])
    template = (folder / "template.jinja").read_text(encoding="utf-8")
    return load_adapter(load_causal(path, format, template=template, cache=cache), folder / "adapter")


def _own_dtype(path: Path) -> torch.dtype | None:
    """The precision in which a folder of safetensors is stored."""
    from transformers import AutoConfig

    dtype = AutoConfig.from_pretrained(str(path), local_files_only=True, trust_remote_code=False).dtype
    if isinstance(dtype, str):
        dtype = getattr(torch, dtype, None)
    return dtype if isinstance(dtype, torch.dtype) else None


def _write_papers(folder: Path, origin: Origin | None) -> None:
    """Write the model card, then what `sha256sum` prints for the files of `folder`, sorted by name."""
    if origin is not None:
        (folder / CARD).write_text(model_card(origin), encoding="utf-8")
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    lines = [f"{sha256_file(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def _checksum(file: Path) -> Checksum:
    return Checksum(file.name, sha256_file(file))


def _check_present(folder: Path, files: list[Path]) -> None:
    for file in [*files, folder / "template.jinja"]:
        if not file.is_file():
            raise SetupError(f"The run's {file.name} is gone.", "Restore the workspace from a backup or train again.")
