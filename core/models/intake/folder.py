"""Whether a folder of safetensors holds every weight that transformers would read. Only headers are read, no weights.

Import this module inside the functions that need it: it loads torch and transformers.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import InputError
from core.models.intake.accounts import COPY_AGAIN, Account, check, listed
from core.models.torch_setup import prepare_libraries

CONFIG = "config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
READER = "transformers"
# Tables that older versions of transformers stored among the weights; today's compute them.
COMPUTED = ("rotary_emb.inv_freq", "attn.bias", "attn.masked_bias", "attention.bias", "attention.masked_bias")


@dataclass(frozen=True, slots=True)
class Stored:
    """A weight in a safetensors file: its shape, and the file's name for its type, such as "BF16"."""

    shape: tuple[int, ...]
    kind: str


def check_folder(folder: Path, name: str) -> None:
    """Compare the weights in `folder` with those that its `config.json` asks for; `name` is what messages call the model.

    Raises:
        InputError: they differ, files are missing, the weights are quantized already, or transformers does not know this
            family.
    """
    config = read_config(folder, name)
    check_unquantized(name, config)
    check(account_of(folder, config, name), name, reader=READER)


def read_config(folder: Path, name: str) -> Any:
    """Return transformers' configuration of the model in `folder`.

    Raises:
        InputError: there is none, or it is of a family that transformers does not know.
    """
    from transformers import AutoConfig

    prepare_libraries()
    try:
        return AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise InputError(
            f"The model {name!r} is of a family that cannot be loaded, or its {CONFIG} is damaged.",
            "Copy its files again; if they are right, choose another model.",
        ) from error


def check_unquantized(name: str, config: Any) -> None:
    """Raise if the stored weights are quantized, as by bitsandbytes: such a base trains but cannot be merged or exported.

    Raises:
        InputError: they are.
    """
    described = getattr(config, "quantization_config", None)
    if not described:
        return
    method = described.get("quant_method", "") if isinstance(described, dict) else ""
    raise InputError(
        f"The weights of the model {name!r} are stored in few bits ({method or 'quantized'}): a run on them could not be "
        "exported.",
        "Bring the original model in 16 bits, and choose the precision 4bit or 8bit for the training: then it takes as "
        "little memory.",
    )


def account_of(folder: Path, config: Any, name: str) -> Account:
    """Return what is wrong with the weights in `folder`: transformers loads their shapes, without any numbers.

    Raises:
        InputError: files are missing or damaged, or transformers has no language model of this family.
    """
    stored = stored_weights(folder, name)
    kind = _class_of(name, config)
    text = config.sub_configs.get("text_config")
    if text is not None and getattr(kind, "config_class", None) == text:  # as AutoModelForCausalLM does
        config = config.get_text_config()
    shapes = {key: torch.empty(weight.shape, device="meta") for key, weight in stored.items()}
    try:
        _, told = kind.from_pretrained(
            None,
            config=config,
            state_dict=shapes,
            device_map="meta",
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
    except (RuntimeError, ValueError, IndexError) as error:  # weights that must be joined first do not fit each other
        raise InputError(f"The weights of the model {name!r} do not fit its {CONFIG}.", COPY_AGAIN) from error
    return account_from(told)


def account_from(told: dict[str, Any]) -> Account:
    """Return the account in what transformers tells of a loading (`output_loading_info`)."""
    return Account(
        missing=tuple(sorted(told["missing_keys"])),
        misshapen=tuple(sorted(name for name, *_ in told["mismatched_keys"])),
        unread=tuple(sorted(name for name in told["unexpected_keys"] if not name.endswith(COMPUTED))),
    )


def stored_weights(folder: Path, name: str) -> dict[str, Stored]:
    """Return all weights in the files that transformers reads: `model.safetensors`, or those that its index names.

    Raises:
        InputError: a file is missing or damaged, or an index names weights that are not in its file.
    """
    if (folder / WEIGHTS).is_file():
        return header_of(folder / WEIGHTS)
    index = folder / INDEX
    if not index.is_file():
        raise InputError(f"The model {name!r} has neither {WEIGHTS} nor {INDEX}.", COPY_AGAIN)
    try:
        places = {str(weight): str(file) for weight, file in json.loads(index.read_text("utf-8"))["weight_map"].items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"The file {INDEX} of {name!r} is damaged.", COPY_AGAIN) from error
    files = sorted(set(places.values()))
    gone = [file for file in files if Path(file).name != file or not (folder / file).is_file()]
    if gone:
        raise InputError(f"The model {name!r} lacks {len(gone)} of {len(files)} files: {', '.join(gone[:3])}.", COPY_AGAIN)
    stored = {file: header_of(folder / file) for file in files}
    absent = [weight for weight, file in places.items() if weight not in stored[file]]
    if absent:
        raise InputError(f"The files of {name!r} do not hold what {INDEX} names: {listed(absent)} missing.", COPY_AGAIN)
    return {key: weight for weights in stored.values() for key, weight in weights.items()}


def header_of(file: Path) -> dict[str, Stored]:
    """Return the weights in one safetensors file.

    The file must be an 8-byte header length, a JSON header, and exactly the bytes that describes. Source: the format
    description in the safetensors repository.

    Raises:
        InputError: the file is damaged or cut short.
    """
    size = file.stat().st_size
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length)) if length < size else {}
        header.pop("__metadata__", None)
        ends = [entry["data_offsets"][1] for entry in header.values()]
        is_whole = bool(ends) and max(ends) + length + 8 == size
        stored = {name: Stored(tuple(entry["shape"]), str(entry["dtype"])) for name, entry in header.items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise InputError(f"The weights {file.name!r} are damaged or cut short.", "Copy the model again and compare sizes.")
    return stored


def _class_of(name: str, config: Any) -> Any:
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM._model_mapping[type(config)]
    except KeyError as error:
        raise InputError(
            f"The model {name!r} is no language model that writes text ({config.model_type}).", "Choose another model."
        ) from error
