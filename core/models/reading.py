"""A language model's tokenizer and chat template without its weights, as training and chat use them."""

from pathlib import Path

from core.errors import InputError
from core.models.conversation import Vocabulary
from core.models.templates import FALLBACK_TEMPLATE
from core.records import Model


def reading_of(model: Model) -> tuple[Vocabulary, str]:
    """Return the tokenizer of a model and the template that its conversations are written in.

    Raises:
        InputError: it is not a language model, or its tokenizer cannot be loaded.
        SetupError: its file cannot be loaded.
    """
    if model.format == "gguf":
        from core.models.llama import cached_vocabulary

        vocabulary = cached_vocabulary(Path(model.path))
        return vocabulary, vocabulary.template
    if model.format != "safetensors":
        raise InputError(f"{model.name} is not a language model.", "Choose one of the language models.")
    return _of_folder(Path(model.path))


def _of_folder(path: Path) -> tuple[Vocabulary, str]:
    from transformers import AutoTokenizer

    from core.models.agreement import spaced
    from core.models.vocabulary import TransformersVocabulary

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(f"The tokenizer of {path.name!r} cannot be loaded.", "Add the model again.") from error
    own = tokenizer.chat_template
    own = own.get("default", "") if isinstance(own, dict) else own
    return TransformersVocabulary(spaced(tokenizer)), own or FALLBACK_TEMPLATE
