"""What llama.cpp's converters import, imported: see `tests/warm_converters.py`."""

import sys

from core.models.engine.program import converters_folder

# before transformers imports gguf, as in `core/models/conversion/launcher.py`
sys.path[:0] = [str(converters_folder()), str(converters_folder() / "gguf-py")]

import conversion  # noqa: E402, F401
import peft  # noqa: E402, F401
import transformers.dynamic_module_utils  # noqa: E402, F401
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer  # noqa: E402, F401
