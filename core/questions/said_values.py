"""Whether a value stands in a text: what is replaced in documents is looked for so, and what approved text says already."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Scripts that write words without spaces between them, or endings right behind a name (Unicode's blocks): Thai to Myanmar,
# Khmer, kana, Han, Hangul.
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_LEAST, _LEAST_UNSPACED = 3, 2  # characters; what is shorter tells nothing


@dataclass(frozen=True, slots=True)
class Original:
    """A value that an anonymized text replaces, or a part of a name in one that tells by itself who is meant."""

    text: str
    is_also_a_word: bool = False  # such as "Plinth": by itself it only is a name with a capital letter


def stands_in(value: str, text: str) -> bool:
    """Return whether a value stands in a text as whole words, whatever its letters' case and the white space in it.

    In scripts that put no spaces between words it may stand within others.
    """
    return _found(r"\s+".join(map(re.escape, value.split())), value.strip(), text)


def values_left_over(values: Iterable[str], known: str) -> list[str]:
    """Return the values that do not stand in a text."""
    return [value for value in values if not stands_in(value, known)]


def original_values(text: str, originals: Iterable[Original]) -> list[str]:
    """Return those values of documents that stand in `text`, in the letter case in which it was written.

    Other signs may stand between the words of a value: "INV 00123" says INV-00123.
    """
    return [each.text for each in originals if _tells(each.text.strip()) and _is_said(each, text)]


def _tells(value: str) -> bool:
    return len(value) >= (_LEAST_UNSPACED if _IS_UNSPACED.search(value) else _LEAST)


def _is_said(original: Original, text: str) -> bool:
    value = original.text
    if original.is_also_a_word:
        return any(_found(re.escape(form), form, text, is_cased=True) for form in {value, value.upper()})
    words = r"[\W_]+".join(map(re.escape, re.findall(r"[^\W_]+", value)))
    return stands_in(value, text) or bool(words) and _found(words, value.strip(), text)


def _found(pattern: str, value: str, text: str, *, is_cased: bool = False) -> bool:
    before = "" if _IS_UNSPACED.match(value[:1]) else rf"(?<![^\W{_UNSPACED}])"
    after = "" if _IS_UNSPACED.match(value[-1:]) else rf"(?![^\W{_UNSPACED}])"
    return re.search(f"{before}{pattern}{after}", text, re.NOFLAG if is_cased else re.IGNORECASE) is not None
