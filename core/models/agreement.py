"""Whether transformers and llama.cpp read the same tokens, and what makes the one read as the other does.

A model is trained through transformers and answers through llama.cpp. Where the two cut a text differently, it is asked with
other tokens than it has learned. Import this module where it is used: it loads transformers.
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

SPACE = "\u2581"  # what SentencePiece has for a space
PROBES = {
    "plain words": "Where is the spare key, and who signed for it on 3 May?",
    "spaces and lines": "  two  spaces\nand\n\n\ttabs \n done.",
    "figures": "Pump 12345 gave 1,000,000 l at 3.14 bar, \u00bd of 7 \u00b2.",
    "other scripts": "caf\u00e9 na\u00efve \u00dcber \u4f60\u597d \u043f\u0440\u0438\u0432\u0435\u0442 \U0001f600",
    "signs": "It's {'a': [1]} <b>x</b> != #4 'quoted' \"text\" http://a.b/c?d=e&f=007 __ -- ...",
}


def check_same_tokens(ours: Vocabulary, engine: Vocabulary, template: str, *, hint: str) -> None:
    """Refuse where llama.cpp (`engine`) reads conversations in other tokens than the model is trained with (`ours`).

    Raises:
        InputError: it does; the message names the kind of text and the first token.
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
    """Compare how the model in `folder` is read here with its vocabulary in llama.cpp, made once and kept in `cache`.

    A model that llama.cpp does not know is answered by transformers: nothing is compared then.

    Raises:
        InputError: llama.cpp would read other tokens.
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
    """Return a row of training and a longer conversation about `text` as tokens."""
    row = encode_rows(vocabulary, template, [{"input": text, "output": text}])[0]
    asked, answered = {"role": "user", "content": text}, {"role": "assistant", "content": text}
    return [row.tokens, tuple(prompt_tokens(vocabulary, template, [asked, answered, asked]))]


def spaced(tokenizer: Any) -> Any:
    """Return a SentencePiece tokenizer of transformers that has a space before each run of text, as llama.cpp has it.

    transformers 5 has one at the beginning of a text alone, or after a mark too but not before another space. Others are
    returned as they are.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    described = json.loads(backend.to_str()) if isinstance(backend, Tokenizer) else {}
    before = described.get("pre_tokenizer") or {}
    if before.get("type") != "Metaspace" or before.get("prepend_scheme") == "never" or not _is_sentencepiece(described):
        return tokenizer
    return _rebuilt(tokenizer, _with_space(described, is_prefixed=True))


def nearest(tokenizer: Any, engine: Vocabulary) -> Any:
    """Return `tokenizer` in the form that reads text most like `engine`.

    transformers makes a tokenizer of a GGUF's vocabulary and does not take over all that llama.cpp does with it.
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
        read = [list(found.ids) for found in reader.encode_batch(texts, add_special_tokens=False)]
        return sum(left != right for left, right in zip(read, expected, strict=True))

    best = min(ways, key=differences)
    return tokenizer if best is described else _rebuilt(tokenizer, best)


def is_read_alike(one: Any, other: Any) -> bool:
    """Whether two tokenizers of transformers with one vocabulary cut a text before it is looked up in the same way."""
    left, right = (json.loads(tokenizer.backend_tokenizer.to_str()) for tokenizer in (one, other))
    return all(left[part] == right[part] for part in ("normalizer", "pre_tokenizer"))


def _is_sentencepiece(described: Mapping[str, Any]) -> bool:
    return bool(described and described["model"]["type"] == "BPE" and described["model"].get("byte_fallback"))


def _with_space(described: Mapping[str, Any], *, is_prefixed: bool) -> dict[str, Any]:
    """Return a tokenizer's description (its JSON) in the form of Llama's own: normalizers make the spaces."""
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
    """Return `tokenizer` with another description, in a class that is saved and loaded as it is described."""
    from transformers import PreTrainedTokenizerFast

    named = ("bos_token", "eos_token", "unk_token", "pad_token")
    options = ("model_max_length", "padding_side", "truncation_side", "clean_up_tokenization_spaces")
    rebuilt: Any = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        **{name: getattr(tokenizer, name, None) for name in (*named, *options)},
    )
    rebuilt.chat_template = tokenizer.chat_template
    return rebuilt
