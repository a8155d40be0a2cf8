"""Offline as a property: the variables that keep the libraries we use from calling out."""

import os
from collections.abc import MutableMapping

OFFLINE_VARIABLES = {
    "HF_HUB_OFFLINE": "1",  # huggingface_hub: no look-up, no download
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",  # a warning and a deadlock risk in forked workers otherwise
    "WANDB_DISABLED": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


def set_offline_variables(environment: MutableMapping[str, str] | None = None) -> None:
    """Set every offline variable in `environment` (default: this process), overriding what is there."""
    target = os.environ if environment is None else environment
    target.update(OFFLINE_VARIABLES)
