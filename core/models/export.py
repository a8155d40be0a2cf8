"""Export of a finished run to files that other programs can load: the adapter, merged weights, or a GGUF.

Every export appears complete in its target folder or not at all. An adapter or merged export includes a `SHA256SUMS`, so
that `sha256sum -c SHA256SUMS` verifies its files. Import this module inside the functions that need it: it loads torch.
"""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from core.errors import SetupError
from core.files import folder_atomic, sha256_file
from core.models.agreement import is_read_alike, nearest
from core.models.card import CARD, SUMS, Origin, license_files, model_card
from core.models.causal import CausalModel, load_adapter, load_causal
from core.models.conversation import Vocabulary, turn_of
from core.models.conversion.adapter import adapter_gguf
from core.models.conversion.child import Report, ignore
from core.models.conversion.model import convert_folder
from core.models.quantizations import PLAIN, USUAL
from core.models.releases.folder import write_sums
from core.models.torch_setup import memory_errors
from core.records import ModelFormat
from core.run_folder import RunFolder

TOKENIZER_CONFIG = "tokenizer_config.json"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    TOKENIZER_CONFIG,
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)


@dataclass(frozen=True, slots=True)
class Checksum:
    """Checksum to verify an export with: the SHA-256 of `file` in its folder."""

    file: str
    sha256: str


def export_adapter(folder: Path, target: Path, *, origin: Origin | None = None) -> Checksum:
    """Export the adapter of the run in `folder`, with its chat template, in peft's format.

    Args:
        folder: the run's folder.
        target: a folder that does not exist or is empty.
        origin: content of the model card; None writes none.

    Returns:
        The checksum of `SHA256SUMS`.

    Raises:
        InputError: `target` is not empty.
        SetupError: the adapter is missing, or the disk is full.
    """
    files = [RunFolder(folder).adapter / "adapter_config.json", RunFolder(folder).adapter / "adapter_model.safetensors"]
    _check_present(folder, files)
    with folder_atomic(target) as beside:
        for file in files:
            shutil.copyfile(file, beside / file.name)
        shutil.copyfile(RunFolder(folder).template, beside / "chat_template.jinja")
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
    """Export the base model with the run's adapter merged into its weights, as a folder of safetensors.

    The weights keep the precision of a safetensors base; those of a GGUF base become fp16, which can represent its
    quantized values. The merge is computed in fp32. A safetensors base's license files are copied along.

    Args:
        path: the base model.
        format: format of the base model.
        folder: the run's folder.
        target: a folder that does not exist or is empty.
        cache: folder for unpacked models, see `load_causal`.
        origin: content of the model card; None writes none.

    Returns:
        The checksum of `SHA256SUMS`.

    Raises:
        InputError: `target` is not empty, or the adapter belongs to another model.
        SetupError: the adapter is missing, there is not enough memory, or the disk is full.
    """
    with folder_atomic(target) as beside:
        _write_merged(path, format, folder=folder, target=beside, cache=cache)
        _write_papers(beside, origin)
    return _checksum(target / SUMS)


def export_gguf(
    path: Path,
    format: ModelFormat,
    *,
    folder: Path,
    target: Path,
    quantization: str = USUAL,
    cache: Path | None = None,
    origin: Origin | None = None,
    report: Report = ignore,
) -> Checksum:
    """Export the merged model as a GGUF file in `target`, beside its model card, after test-loading it with llama.cpp.

    From a GGUF base everything but what the adapter changes is copied. From safetensors, and for a run of all weights, a
    merged folder is written first, as temporary input for llama.cpp's converter, which determines the model families that
    can be exported.

    Args:
        path: the base model.
        format: format of the base model.
        folder: the run's folder.
        target: a folder that does not exist or is empty.
        cache: folder for unpacked models, see `load_causal`.
        quantization: a name of `QUANTIZATIONS`. f16 keeps 16-bit weights; q8_0 halves the size; the others reduce it
            further, to about a third of f16.
        origin: content of the model card; its license also goes into the file if the base GGUF names none.
        report: called with progress, see `conversion.child.Report`.

    Returns:
        The checksum of the GGUF file.

    Raises:
        InputError: `target` is not empty, or llama.cpp does not support this model family or its tokenizer.
        SetupError: the adapter or a llama.cpp program is missing, there is not enough memory, or the disk is full.
    """
    from core.models import gguf_file, llama

    _check_present(folder, [])
    vocabulary: Vocabulary
    with folder_atomic(target) as beside:
        file = beside / f"model-{quantization}.gguf"
        plain = file if quantization == PLAIN else beside / f".model-{PLAIN}.gguf"
        if format == "gguf" and not RunFolder(folder).is_whole:
            adapter = adapter_gguf(RunFolder(folder).adapter, path, folder, report=lambda: report(0.0))
            license = origin.license if origin else ""
            template, vocabulary = _template(folder), llama.load_vocabulary(path)
            end = min(turn_of(vocabulary, template).ends - vocabulary.ends, default=None)
            added = gguf_file.Added(template=template, end=end, license=license)
            gguf_file.write_sum(path, adapter, plain, added, report=report)
        else:
            merged = beside / (
                path.stem if format == "gguf" else path.name
            )  # the converter names the GGUF's model after its folder
            merged.mkdir()
            vocabulary = _write_merged(path, format, folder=folder, target=merged, cache=cache)
            if origin is not None:
                (merged / CARD).write_text(model_card(origin), encoding="utf-8")  # the converter reads the license from it
            convert_folder(merged, plain, report=report)
            shutil.rmtree(merged)
        if plain != file:
            gguf_file.quantize(plain, file, quantization, report=report)
            plain.unlink()
        llama.Weights(file).close()
        if origin is not None:
            (beside / CARD).write_text(model_card(origin), encoding="utf-8")
    return _checksum(target / file.name)


def load_run(path: Path, format: ModelFormat, *, folder: Path, cache: Path | None = None) -> CausalModel:
    """Load the run in fp32 with its chat template: the base model with its adapter, or its own weights."""
    _check_present(folder, [])
    run = RunFolder(folder)
    if run.is_whole:
        return load_causal(run.weights, "safetensors", template=_template(folder))
    return load_adapter(load_causal(path, format, template=_template(folder), cache=cache), RunFolder(folder).adapter)


def _template(folder: Path) -> str:
    """Return the chat template that the run in `folder` was trained with."""
    return RunFolder(folder).read_template()


def _write_merged(path: Path, format: ModelFormat, *, folder: Path, target: Path, cache: Path | None) -> Vocabulary:
    """Write the merged model's weights, configuration and tokenizer into `target`, plus the license files of a folder.

    Returns:
        The vocabulary the run was trained with.
    """
    causal, run = load_run(path, format, folder=folder, cache=cache), RunFolder(folder)
    stored = getattr(causal.model.config, "dtype", None)
    with memory_errors():
        model: Any = causal.model if run.is_whole else causal.model.merge_and_unload()
        model.to(torch.float16 if format == "gguf" else _own_dtype(path) or stored or torch.float32)
    source: tuple[Path, ModelFormat] = (run.weights, "safetensors") if run.is_whole else (path, format)
    write_model(replace(causal, model=model), *source, target)
    return causal.vocabulary


def write_model(causal: CausalModel, path: Path, format: ModelFormat, target: Path) -> None:
    """Write a model's weights as they are, its configuration and tokenizer into `target`.

    Args:
        causal: the model.
        path: the model that it was made from; tokenizer and license files of a folder are taken along.
        format: its format.
        target: an empty folder.
    """
    model = causal.model
    model.generation_config.eos_token_id = sorted(turn_of(causal.vocabulary, causal.template).ends)
    tokenizer = nearest(causal.tokenizer, causal.vocabulary) if format == "gguf" else causal.tokenizer
    tokenizer.chat_template = causal.template
    model.save_pretrained(str(target), safe_serialization=True)
    tokenizer.save_pretrained(str(target))
    if format == "safetensors":
        for file in license_files(path):
            shutil.copyfile(file, target / file.name)
        _copy_tokenizer(path, target, tokenizer)


def _copy_tokenizer(base: Path, target: Path, tokenizer: Any) -> None:
    """Copy the base's own tokenizer files to `target`: those transformers writes lack entries other programs need.

    The run's chat template stays in its own file, and references to code are dropped. If transformers would tokenize
    differently with the base's files than with `tokenizer`, which was used in training, the latter's description is kept.
    """
    from transformers import AutoTokenizer

    for name in TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, target / name)
    described = json.loads((target / TOKENIZER_CONFIG).read_text(encoding="utf-8"))
    kept = {key: value for key, value in described.items() if key not in ("chat_template", "auto_map")}
    _write_json(target / TOKENIZER_CONFIG, kept)
    copied = AutoTokenizer.from_pretrained(str(target), local_files_only=True, trust_remote_code=False)
    if not is_read_alike(copied, tokenizer):
        tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
        _write_json(target / TOKENIZER_CONFIG, kept | {"tokenizer_class": "PreTrainedTokenizerFast"})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _own_dtype(path: Path) -> torch.dtype | None:
    """Return the dtype in which a folder of safetensors is stored, according to its configuration; None if unknown."""
    from transformers import AutoConfig

    dtype = AutoConfig.from_pretrained(str(path), local_files_only=True, trust_remote_code=False).dtype
    if isinstance(dtype, str):
        dtype = getattr(torch, dtype, None)
    return dtype if isinstance(dtype, torch.dtype) else None


def _write_papers(folder: Path, origin: Origin | None) -> None:
    """Write the model card, then a `SHA256SUMS` of the files in `folder`."""
    if origin is not None:
        (folder / CARD).write_text(model_card(origin), encoding="utf-8")
    write_sums(folder)


def _checksum(file: Path) -> Checksum:
    return Checksum(file.name, sha256_file(file))


def _check_present(folder: Path, files: list[Path]) -> None:
    for file in [*files, RunFolder(folder).template]:
        if not file.is_file():
            raise SetupError(f"The run's {file.name} is gone.", "Restore the workspace from a backup or train again.")
