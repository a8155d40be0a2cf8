"""Tokenized question pairs on disk, memory-mapped: a million rows take no more memory than ten."""

import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from core.errors import InputError
from core.models.causal import CausalModel
from core.models.conversation import Encoded, encode_rows, encode_texts
from core.settings import TrainingSettings
from core.training.general import general_pairs

ROWS_AT_ONCE = 256
PIECE_TOKENS = 128
VALIDATION_ROWS = 32  # measuring all of them takes about as long as a training step


class TokenRows(Sequence[Encoded]):
    """Rows of a memory-mapped dataset with the columns `tokens` and `answer_start`."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    @property
    def file(self) -> Path:
        """Where they lie."""
        return Path(self._dataset.cache_files[0]["filename"])

    def __len__(self) -> int:
        return len(self._dataset)

    @overload
    def __getitem__(self, index: int) -> Encoded: ...
    @overload
    def __getitem__(self, index: slice) -> list[Encoded]: ...
    def __getitem__(self, index: int | slice) -> Encoded | list[Encoded]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        row = self._dataset[index]
        return Encoded(tuple(row["tokens"]), row["answer_start"])


@dataclass(frozen=True, slots=True)
class Tokenized:
    """Rows to train on, and how many were omitted because they are too long."""

    rows: TokenRows
    too_long: int


@contextmanager
def tokenized(causal: CausalModel, rows: Sequence[Mapping[str, Any]], folder: Path, max_tokens: int) -> Iterator[Tokenized]:
    """Yield the tokenized rows, kept in `folder/tokens` for the duration of the block.

    Rows longer than `max_tokens` or the model's context are omitted instead of truncated: a truncated answer would teach
    the model to stop in mid-sentence.

    Raises:
        InputError: no row is left.
    """
    import datasets
    from datasets import Features, List, Value

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    longest = min(max_tokens, causal.context_tokens)
    place = folder / "tokens"
    shutil.rmtree(place, ignore_errors=True)  # left by an attempt that was killed
    counts = {"used": 0, "too long": 0}

    def generate() -> Iterator[dict[str, Any]]:
        for encoded in _encoded(causal, rows):
            if len(encoded.tokens) > longest:
                counts["too long"] += 1
                continue
            counts["used"] += 1
            yield {"tokens": list(encoded.tokens), "answer_start": encoded.answer_start}

    try:
        if not any(True for _ in generate()):  # stops at the first
            raise _nothing_left(len(rows), longest)
        counts.update({"used": 0, "too long": 0})
        features = Features({"tokens": List(Value("int32")), "answer_start": Value("int32")})
        dataset = datasets.Dataset.from_generator(generate, features=features, cache_dir=str(place), fingerprint="tokens")
        yield Tokenized(TokenRows(dataset), counts["too long"])
    finally:
        shutil.rmtree(place, ignore_errors=True)


def tokenized_before(file: Path) -> TokenRows:
    """Return the rows that another process has tokenized, from the file where they lie."""
    from datasets import Dataset

    return TokenRows(Dataset.from_file(str(file)))


def validation_sample(causal: CausalModel, rows: Sequence[Mapping[str, Any]], settings: TrainingSettings) -> list[Encoded]:
    """Draw up to VALIDATION_ROWS of `rows`, reproducible by the settings' seed, without those that are too long."""
    chosen = list(rows)
    random.Random(settings.seed).shuffle(chosen)  # noqa: S311 - a sample, not a secret
    encoded = encode_rows(causal.vocabulary, causal.template, chosen[: 2 * VALIDATION_ROWS])
    longest = min(settings.max_tokens, causal.context_tokens)
    return [row for row in encoded if len(row.tokens) <= longest][:VALIDATION_ROWS]


def text_pieces(causal: CausalModel, texts: Sequence[str], settings: TrainingSettings) -> list[Encoded]:
    """Return texts in pieces of PIECE_TOKENS, about as long as a few rows of pairs; none if they have no share."""
    if not settings.passage_share:
        return []
    return encode_texts(causal.vocabulary, texts, longest=min(PIECE_TOKENS, settings.max_tokens, causal.context_tokens))


def learned_rows(
    causal: CausalModel,
    rows: Sequence[Mapping[str, Any]],
    preferences: Sequence[Mapping[str, Any]],
    settings: TrainingSettings,
) -> tuple[Sequence[Mapping[str, Any]], list[Encoded]]:
    """Return the question pairs to learn from, and tokenized, those with other answers to the same questions, if any.

    With objective "dpo" they are the questions with the answers that were preferred, and with those that were not. Where
    either is too long, both are left out.

    Args:
        causal: the model.
        rows: question pairs.
        preferences: rows with `chosen` and `rejected` in place of `output`.
        settings: of the training.
    """
    if settings.objective != "dpo":
        return rows, []
    longest = min(settings.max_tokens, causal.context_tokens)
    chosen, rejected = ([{**row, "output": row[name]} for row in preferences] for name in ("chosen", "rejected"))
    both = zip(chosen, _encoded(causal, chosen), _encoded(causal, rejected), strict=True)
    fitting = [(row, other) for row, one, other in both if max(len(one.tokens), len(other.tokens)) <= longest]
    if preferences and not fitting:
        raise _nothing_left(len(preferences), longest)
    return [row for row, _ in fitting], [other for _, other in fitting]


def general_rows(causal: CausalModel, settings: TrainingSettings) -> list[Encoded]:
    """Return the general question pairs that are not too long; none if they have no share."""
    if not settings.general_share:
        return []
    longest = min(settings.max_tokens, causal.context_tokens)
    rows = encode_rows(causal.vocabulary, causal.template, general_pairs())
    return [row for row in rows if len(row.tokens) <= longest]


def _encoded(causal: CausalModel, rows: Sequence[Mapping[str, Any]]) -> Iterator[Encoded]:
    """Yield tokenized rows, processed in batches: a tokenizer is faster on many texts at once."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield from encode_rows(causal.vocabulary, causal.template, rows[start : start + ROWS_AT_ONCE])


def _nothing_left(count: int, max_tokens: int) -> InputError:
    if not count:
        return InputError("There are no rows to train on.", "Make question pairs and keep some of them.")
    return InputError(
        f"All {count} rows have more than {max_tokens} tokens.",
        "Raise max_tokens, choose a model that reads more, or make shorter questions and answers.",
    )
