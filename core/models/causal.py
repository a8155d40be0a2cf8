"""Causal models through transformers and peft: loading in five precisions, and adapters.

Import this module inside the functions that need it: it loads torch and transformers. Local files only; weights are
safetensors or GGUF; code that comes with a model is never run.
"""

import io
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from core.errors import Hint, InputError, SetupError
from core.files import file_key, folder_atomic
from core.models.agreement import spaced
from core.models.conversation import Vocabulary
from core.models.intake.accounts import check
from core.models.intake.brought import check_safetensors
from core.models.intake.carried import ADAPTER_WEIGHTS
from core.models.intake.folder import READER, account_from, read_config
from core.models.intake.gguf_config import check_gguf_for_training, config_of, quick_names
from core.models.precision import compute_in_fp32, load_options
from core.models.row_attention import attend_by_rows
from core.models.spread import Split
from core.models.state_space import STATE_SPACE, UNQUANTIZED
from core.models.templates import FALLBACK_TEMPLATE
from core.models.torch_setup import memory_errors, peft_warnings_logged, prepare_libraries
from core.models.vocabulary import read_vocabulary
from core.records import ModelFormat
from core.settings import Precision

FORM = "2"  # of unpacked GGUFs; increase it to have all unpacked again
TOLD = {"output_loading_info": True, "ignore_mismatched_sizes": True}  # what is wrong is told instead of logged or raised


@dataclass(frozen=True, slots=True, kw_only=True)
class CausalModel:
    """A loaded model with its tokenizer and the chat template (Jinja) used to prompt it."""

    model: Any
    tokenizer: Any
    vocabulary: Vocabulary
    template: str
    precision: Precision
    device: str  # "cpu" or "cuda"

    @property
    def dtype(self) -> torch.dtype:
        """Activation dtype."""
        if self.precision == "bf16":
            return torch.bfloat16
        if self.device == "cpu":
            return torch.float32
        return {"fp32": torch.float32, "fp16": torch.float16}.get(self.precision, torch.bfloat16)

    @property
    def context_tokens(self) -> int:
        """Longest sequence the model was made for, in tokens (2048 if it does not say)."""
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
    split: Split | None = None,
    is_staged: bool = False,
) -> CausalModel:
    """Load a model for training or inference, on the GPU if there is one.

    Args:
        path: a GGUF file of an architecture transformers supports, or a folder with safetensors.
        format: which of the two.
        precision: precision of the frozen weights. On a CPU fp16, 8bit and 4bit save memory but compute in fp32.
        template: chat template to use (a run's); else the model's own, else `<human>:` and `<bot>:`.
        cache: folder for GGUFs unpacked to safetensors in fp16 (2 bytes per weight), which makes the next load fast:
            1.2 s of CPU time instead of 34 s for the embedded model. None unpacks every time.
        split: where the parts of a folder of safetensors go, for inference alone; None for the first GPU or the memory.
        is_staged: leave the weights as they are stored, in main memory, where only what is read takes room: for whoever
            divides them among several processes.

    Raises:
        InputError: this is not a language model that can be loaded safely.
        SetupError: not enough memory.
    """
    prepare_libraries()
    attend_by_rows()
    device = split.computed_on if split else "cuda" if torch.cuda.is_available() else "cpu"
    if format not in ("gguf", "safetensors"):
        raise InputError(f"{path.name} is not a language model.", "Choose a GGUF file or a folder with safetensors.")
    if format == "safetensors":
        check_safetensors(path, path.name)
    sys.audit("garrison.load", str(path))
    with memory_errors():
        options = {"dtype": "auto"} if is_staged else load_options(precision, device)
        options |= _placed(split, is_quantized="quantization_config" in options) if split else {}
        try:
            if format == "gguf" and cache is not None:
                model, tokenizer = _load_folder(unpack_gguf(path, cache), options)
            else:
                model, tokenizer = (_load_gguf if format == "gguf" else _load_folder)(path, options)
        except (OSError, ValueError, KeyError, NotImplementedError, ImportError, AttributeError) as error:
            raise InputError(
                f"The model {path.name!r} cannot be loaded ({type(error).__name__}).",
                Hint(
                    "Perhaps transformers does not know this kind of model. Check on the page Models that it is unchanged.",
                    command="garrison models verify",
                ),
            ) from error
        is_placed = is_staged or {"quantization_config", "device_map"} & options.keys()
        if not is_placed:  # such models are in place and cannot be moved
            model.to(device)
    if device == "cpu" and not is_staged:
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
    """Return `causal` with the LoRA adapter in `folder`; the weights are wrapped, not copied.

    Raises:
        SetupError: the adapter is damaged or missing.
        InputError: it was made for another model.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise SetupError(f"There is no adapter in {folder}.", "Restore the workspace from a backup or train again.")
    try:
        with peft_warnings_logged():
            model = PeftModel.from_pretrained(causal.model, str(folder), use_safetensors=True, local_files_only=True)
    except (OSError, SafetensorError) as error:
        raise SetupError(f"The adapter in {folder} is damaged.", "Restore it from a backup or train again.") from error
    except (ValueError, RuntimeError, KeyError) as error:
        raise InputError("The adapter was made for another model.", "Choose the one that the run was trained on.") from error
    model.eval()
    return replace(causal, model=model)


def _placed(split: Split, *, is_quantized: bool) -> dict[str, Any]:
    """Build the options for `from_pretrained` that put a model's parts where they belong; {} if it can be moved there.

    No folder is given for what lies on the disk: it is read from the model's own files.
    """
    if split.is_spread:
        return {"device_map": split.device_map}
    return {"device_map": {"": split.computed_on}} if is_quantized else {}


def _load_folder(path: Path, options: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
    config = read_config(path, path.name)
    if config.model_type in STATE_SPACE and "quantization_config" in options:
        options["quantization_config"].llm_int8_skip_modules = list(UNQUANTIZED)
    model, told = AutoModelForCausalLM.from_pretrained(
        str(path), local_files_only=True, trust_remote_code=False, use_safetensors=True, **options, **TOLD
    )
    check(account_from(told), path.name, reader=READER)
    return model, tokenizer


def _load_gguf(path: Path, options: dict[str, Any]) -> tuple[Any, Any]:
    """Load a GGUF: undo its own quantization first, then treat its weights like any others."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    check_gguf_for_training(path)
    where = {"gguf_file": path.name, "local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(str(path.parent), **where)
    is_quantized = "quantization_config" in options
    dtype = torch.float16 if is_quantized else options["dtype"]
    with redirect_stderr(io.StringIO()), quick_names():  # its progress bar cannot be switched off
        model, told = AutoModelForCausalLM.from_pretrained(
            str(path.parent), dtype=dtype, config=config_of(path), **where, **TOLD
        )
    check(account_from(told), path.name, reader=READER)
    forget_gguf(model)
    if is_quantized:
        weights, config, kind = model.state_dict(), model.config, type(model)
        generation = model.generation_config
        del model
        model = kind.from_pretrained(None, config=config, state_dict=weights, **options)
        model.generation_config = generation
    return model, tokenizer


def unpack_gguf(path: Path, cache: Path) -> Path:
    """Return the folder in `cache` with the GGUF at `path` as safetensors, writing it if it does not exist.

    Raises:
        SetupError: the disk is full.
    """
    target = cache / f"{path.stem}-{file_key(path)}-{FORM}"
    if not target.exists():
        model, tokenizer = _load_gguf(path, {"dtype": torch.float16})
        try:
            with folder_atomic(target) as folder:
                model.save_pretrained(str(folder))
                tokenizer.save_pretrained(str(folder))
        except (InputError, OSError):  # another process was faster
            if not target.exists():
                raise
    return target


def forget_gguf(model: Any) -> None:
    """Remove the attributes that mark a model as quantized because it came from a GGUF: its weights are plain now."""
    for name in ("hf_quantizer", "quantization_method", "is_quantized"):
        if name in model.__dict__:
            delattr(model, name)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
