"""transformers tokenizers as a `Vocabulary`, in which special tokens spelled in message contents stay text.

Import this module inside the functions that need it: it loads tokenizers.
"""

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from core.models.conversation import Text, Vocabulary, following_tokens, mark_pattern
from core.records import ModelFormat

# Some models do not flag all special tokens; llama.cpp's converters recognize those by their text. Source: llama.cpp,
# conversion/base.py, `does_token_look_special`.
LOOKS_SPECIAL = re.compile(r"<\|.*\|>|<\uff5c.*\uff5c>|<unused.*>|<pad>|<mask>|<2mass>|\[@BOS@\]", re.DOTALL)


class TransformersVocabulary:
    """A `Vocabulary` over a transformers tokenizer."""

    def __init__(self, tokenizer: Any, ends: Iterable[int] = ()) -> None:
        """Inspect `tokenizer`; `ends` are tokens that end an answer, in addition to its own end token."""
        self.tokenizer = tokenizer
        self.bos_token: str = tokenizer.bos_token or ""
        self.eos_token: str = tokenizer.eos_token or ""
        added = {str(token): (index, token.special) for index, token in tokenizer.added_tokens_decoder.items()}
        named = {self.bos_token: tokenizer.bos_token_id, self.eos_token: tokenizer.eos_token_id}
        self.marks: dict[str, int] = {
            mark: index for mark, (index, is_special) in added.items() if is_special or LOOKS_SPECIAL.fullmatch(mark)
        } | {mark: index for mark, index in named.items() if mark and index is not None}
        self.pattern = mark_pattern(self.marks)
        begins = tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id] != [None]
        self.opening: int | None = tokenizer.bos_token_id if begins else None
        self.ends = frozenset({*ends, tokenizer.eos_token_id} - {None})

    def encode(self, texts: Sequence[Text]) -> list[list[int]]:
        """Tokenize the texts, see `Vocabulary.encode`; texts without hidden marks are tokenized in one batch."""
        plain = [text.rendered for text in texts if not text.hidden]
        read = iter(self.tokenizer(plain, add_special_tokens=False)["input_ids"] if plain else [])
        return [list(next(read)) if not text.hidden else self._encode_hidden(text) for text in texts]

    def _encode_hidden(self, text: Text) -> list[int]:
        spelled = str.maketrans(dict(text.hidden))
        if self._renamed is None:
            return self._encode_apart(text)
        reader, names = self._renamed
        named = self.pattern.sub(lambda match: names[match[0]], text.rendered)
        return list(reader.encode(named.translate(spelled), add_special_tokens=False).ids)

    @cached_property
    def _renamed(self) -> tuple[Tokenizer, dict[str, str]] | None:
        """The tokenizer with its marks renamed to unguessable names, so that spelled marks are text to it, and those names.

        None if it is not backed by the tokenizers library, or if renaming changed the token ids.
        """
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        if not isinstance(backend, Tokenizer):
            return None
        secret = secrets.token_hex(8)
        names = {mark: f"\uf8ff{secret}.{index}\uf8ff" for mark, index in self.marks.items()}
        renamed = Tokenizer.from_str(json.dumps(rename(json.loads(backend.to_str()), names)))
        is_same = all(renamed.token_to_id(names[mark]) == index for mark, index in self.marks.items())
        return (renamed, names) if is_same else None

    def _encode_apart(self, text: Text) -> list[int]:
        """Tokenize a text piece by piece, for tokenizers whose marks cannot be renamed."""
        ids: list[int] = []
        for piece in re.split(f"([{''.join(text.hidden)}])", text.rendered):
            if piece in text.hidden:
                ids += self.tokenizer(text.hidden[piece], add_special_tokens=False, split_special_tokens=True)["input_ids"]
            elif piece:
                ids += following_tokens(self, Text(piece, {})) if ids else self.encode([Text(piece, {})])[0]
        return ids


def read_vocabulary(path: Path, format: ModelFormat, model: Any, tokenizer: Any) -> Vocabulary:
    """Return a model's vocabulary: llama.cpp's own for a GGUF, which llama.cpp answers with elsewhere."""
    if format == "gguf":
        from core.models.llama import load_vocabulary

        return load_vocabulary(path)
    ends = getattr(model.generation_config, "eos_token_id", None)
    return TransformersVocabulary(tokenizer, ends=ends if isinstance(ends, list) else [] if ends is None else [ends])


def rename(description: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return a tokenizer's description (its JSON) with tokens renamed as `names` says."""
    model = description["model"]
    vocab, merges = model["vocab"], model.get("merges")
    if isinstance(vocab, dict):
        vocab = {names.get(token, token): index for token, index in vocab.items()}
    else:  # a unigram model: pieces with their scores
        vocab = [[names.get(piece, piece), score] for piece, score in vocab]
    changed = {"vocab": vocab, "unk_token": names.get(model.get("unk_token", ""), model.get("unk_token"))}
    if merges is not None:  # no merge may produce a mark, or text could still become one
        pairs = [merge if isinstance(merge, list) else merge.split(" ") for merge in merges]
        changed["merges"] = [pair for pair in pairs if "".join(pair) not in names and not names.keys() & set(pair)]
    known = {key: value for key, value in changed.items() if key in model}
    tokens = [token | {"content": names.get(token["content"], token["content"])} for token in description["added_tokens"]]
    return description | {"model": model | known, "added_tokens": tokens, "truncation": None, "padding": None}
