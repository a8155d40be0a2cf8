"""Check whether transformers and llama.cpp tokenize text alike, and adapt transformers' tokenizers to llama.cpp.

A model is trained through transformers but answers through llama.cpp. If the two split text differently, it is prompted
with other tokens than it was trained on. Import this module inside the functions that need it: it loads transformers.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from core.errors import InputError, SetupError
from core.models.conversation import Text, Vocabulary, encode_rows, prompt_tokens

log = logging.getLogger(__name__)

SPACE = "\u2581"  # SentencePiece's character for a space
PROBES = {
    "plain words": "Where is the spare key, and who signed for it on 3 May?",
    "spaces and lines": "  two  spaces\nand\n\n\ttabs \n done.",
    "figures": "Pump 12345 gave 1,000,000 l at 3.14 bar, \u00bd of 7 \u00b2.",
    "other scripts": "caf\u00e9 na\u00efve \u00dcber \u4f60\u597d \u043f\u0440\u0438\u0432\u0435\u0442 \U0001f600",
    "signs": "It's {'a': [1]} <b>x</b> != #4 'quoted' \"text\" http://a.b/c?d=e&f=007 __ -- ...",
}


def check_same_tokens(ours: Vocabulary, engine: Vocabulary, template: str, *, hint: str) -> None:
    """Raise if llama.cpp (`engine`) tokenizes conversations differently from the vocabulary used in training (`ours`).

    Raises:
        InputError: it does; the message names the kind of text and the first token that differs.
    """
    spelled = " and ".join(sorted(ours.marks, key=ours.marks.__getitem__)[:8])
    for kind, text in (PROBES | {"spelled marks": f"The marks {spelled} are text."}).items():
        read = zip(_conversations(ours, template, text), _conversations(engine, template, text), strict=True)
        for left, right in read:
            if left != right:
                same = next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), -1)
                at = 1 + (same if same >= 0 else min(len(left), len(right)))
                raise InputError(
                    f"llama.cpp reads this model's text in other tokens than transformers: {kind}, from token {at} on.", hint
                )


def check_trained_as_answered(folder: Path, ours: Vocabulary, template: str, *, cache: Path) -> None:
    """Check that llama.cpp tokenizes like `ours` for the model in `folder`; its converted vocabulary is kept in `cache`.

    Nothing is compared for models that llama.cpp does not support: transformers answers for them.

    Raises:
        InputError: llama.cpp would tokenize differently.
    """
    from core.models.conversion.model import vocabulary_gguf
    from core.models.llama import load_vocabulary

    try:
        engine = load_vocabulary(vocabulary_gguf(folder, cache))
    except (InputError, SetupError) as error:
        log.warning("The tokens of %s were not compared with llama.cpp's: %s", folder.name, error.message)
        return
    check_same_tokens(ours, engine, template, hint="Train on a GGUF of this model: its tokens are llama.cpp's own.")


def _conversations(vocabulary: Vocabulary, template: str, text: str) -> list[Sequence[int]]:
    """Return the tokens of a training row and of a longer conversation, both made of `text`."""
    row = encode_rows(vocabulary, template, [{"input": text, "output": text}])[0]
    asked, answered = {"role": "user", "content": text}, {"role": "assistant", "content": text}
    return [row.tokens, tuple(prompt_tokens(vocabulary, template, [asked, answered, asked]))]


def spaced(tokenizer: Any) -> Any:
    """Return a transformers SentencePiece tokenizer that puts a space before each run of text, as llama.cpp does.

    transformers 5 does so only at the beginning of a text, or also after a special token but not before another space.
    Other tokenizers are returned unchanged.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    described = json.loads(backend.to_str()) if isinstance(backend, Tokenizer) else {}
    before = described.get("pre_tokenizer") or {}
    if before.get("type") != "Metaspace" or before.get("prepend_scheme") == "never" or not _is_sentencepiece(described):
        return tokenizer
    return _rebuilt(tokenizer, _with_space(described, is_prefixed=True))


def nearest(tokenizer: Any, engine: Vocabulary) -> Any:
    """Return the variant of `tokenizer` that tokenizes most like `engine`.

    A tokenizer that transformers builds from a GGUF's vocabulary does not reproduce everything llama.cpp does.
    """
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    ways = [described]
    if _is_sentencepiece(described):
        ways += [_with_space(described, is_prefixed=True), _with_space(described, is_prefixed=False)]
    elif described["pre_tokenizer"]:
        digits = {"type": "Digits", "individual_digits": True}
        both = {"type": "Sequence", "pretokenizers": [digits, described["pre_tokenizer"]]}
        ways.append(described | {"pre_tokenizer": both})
    marks = [f"{mark} \nx {mark}y" for mark in sorted(engine.marks)[:8]]
    texts = [*PROBES.values(), *marks]
    expected = engine.encode([Text(text, {}) for text in texts])

    def differences(way: Mapping[str, Any]) -> int:
        reader = Tokenizer.from_str(json.dumps(way))
        read = [list(encoding.ids) for encoding in reader.encode_batch(texts, add_special_tokens=False)]
        return sum(left != right for left, right in zip(read, expected, strict=True))

    best = min(ways, key=differences)
    return tokenizer if best is described else _rebuilt(tokenizer, best)


def is_read_alike(one: Any, other: Any) -> bool:
    """Return whether two transformers tokenizers with the same vocabulary normalize and pre-tokenize text alike."""
    left, right = (json.loads(tokenizer.backend_tokenizer.to_str()) for tokenizer in (one, other))
    return all(left[part] == right[part] for part in ("normalizer", "pre_tokenizer"))


def _is_sentencepiece(described: Mapping[str, Any]) -> bool:
    return bool(described and described["model"]["type"] == "BPE" and described["model"].get("byte_fallback"))


def _with_space(described: Mapping[str, Any], *, is_prefixed: bool) -> dict[str, Any]:
    """Return a tokenizer's description (its JSON) rewritten as in Llama's tokenizer: normalizers insert the spaces."""
    normalizer = described["normalizer"]
    present = [] if normalizer is None else normalizer.get("normalizers", [normalizer])
    kept = [part for part in present if part["type"] != "Prepend" and part.get("content") != SPACE]
    prefix = [{"type": "Prepend", "prepend": SPACE}] if is_prefixed else []
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    return {
        **described,
        "normalizer": {"type": "Sequence", "normalizers": [*kept, *prefix, spaces]},
        "pre_tokenizer": None,
        "added_tokens": [token | {"normalized": False} for token in described["added_tokens"]],
    }


def _rebuilt(tokenizer: Any, described: Mapping[str, Any]) -> Any:
    """Rebuild `tokenizer` from another description, in a class that saves and loads exactly that description."""
    from transformers import PreTrainedTokenizerFast

    named = ("bos_token", "eos_token", "unk_token", "pad_token")
    options = ("model_max_length", "padding_side", "truncation_side", "clean_up_tokenization_spaces")
    rebuilt: Any = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        **{name: getattr(tokenizer, name, None) for name in (*named, *options)},
    )
    rebuilt.chat_template = tokenizer.chat_template
    return rebuilt
