"""Broken text: empty, signs that only a model uses, or the leftovers of a model's answer form."""

import re

from core.questions.filters.filter import Case, DropReason, Filter, each
from core.settings import FilterSettings

_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
# Control characters, half characters, the sign for an unreadable one; tokens of chat templates; a form that a model filled.
_FAULT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]"
    r"|<\|[\w ]{1,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|</?think>"
    r'|^\W*"(?:question|answer|input|output|instruction)"\s*:|\\u[0-9a-f]{4}'
    r"|^\W*(?:question|answer|assistant|human)(?: \d+)?\W*:",
    re.IGNORECASE,
)


def _is_broken(case: Case, _: FilterSettings) -> bool:
    texts = case.pair.input, case.pair.output
    return any(not _LETTER_OR_DIGIT.search(text) or _FAULT.search(text) is not None for text in texts)


BROKEN = Filter(
    DropReason(
        "broken text",
        "The question or the answer is empty, or holds signs that belong to a model's own language and not to a text.",
    ),
    each(_is_broken),
)
