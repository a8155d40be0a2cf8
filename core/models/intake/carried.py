"""Which files of what somebody brings are taken, and which never: loading pickles or model code would run foreign code."""

MANIFEST = "model.json"  # what `core.models.registry` keeps beside a model
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack"}
# Files that make up a safetensors model: weights, configuration, tokenizer, chat template, card and license.
CARRIED = {".safetensors", ".json", ".jinja", ".model", ".txt", ".md", ""}
CONFIG = "config.json"
ADAPTER, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"  # files of an adapter in peft's format
ONLY = "Models must be safetensors or GGUF only."
SAVE_AGAIN = "Where it was made, save it again as safetensors: pickled weights can carry programs, so they are never read."
