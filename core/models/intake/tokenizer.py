"""Whether the tokenizer in a folder of safetensors can be read, before a training finds out.

Import this module inside the functions that need it: it loads transformers.
"""

from pathlib import Path

from core.errors import InputError
from core.models.torch_setup import prepare_libraries

FILES = "tokenizer.json"


def check_tokenizer(folder: Path, name: str) -> None:
    """Load the tokenizer in `folder`; `name` is what messages call the model.

    Raises:
        InputError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    prepare_libraries()
    try:
        AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # its readers raise whatever they come across
        raise InputError(
            f"The tokenizer of the model {name!r} cannot be read ({type(error).__name__}).",
            f"Bring the file {FILES} of this model as well.",
        ) from error
