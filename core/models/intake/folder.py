"""Whether a folder of safetensors holds every weight that transformers would read. Only headers are read, no weights.

Import this module inside the functions that need it: it loads torch and transformers.
"""

from pathlib import Path
from typing import Any

import torch

from core.errors import InputError
from core.models.intake.accounts import COPY_AGAIN, Account, check
from core.models.intake.carried import CONFIG
from core.models.intake.weights import stored_weights
from core.models.torch_setup import prepare_libraries

READER = "transformers"
# Tables that older versions of transformers stored among the weights; today's compute them.
COMPUTED = ("rotary_emb.inv_freq", "attn.bias", "attn.masked_bias", "attention.bias", "attention.masked_bias")


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
    kind = class_of(name, config)
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


def class_of(name: str, config: Any) -> Any:
    """Return transformers' class of the language model called `name` in messages.

    Raises:
        InputError: it has none of this family.
    """
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM._model_mapping[type(config)]
    except KeyError as error:
        raise InputError(
            f"The model {name!r} is no language model that writes text ({config.model_type}).", "Choose another model."
        ) from error
