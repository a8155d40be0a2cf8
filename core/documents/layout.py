"""Restore the paragraphs of a text, so that one line is one paragraph, heading, list item or row.

All extracted text has this form, so a line break always ends a sentence.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from core.language.english.function_words import ARTICLES, COMMON_PREPOSITIONS

BULLET = "•"
_BULLETS = "".join(chr(code) for code in (0xF06C, 0xF0B7, 0xF0A7, 0xF06E, 0xF0D8, 0xF0FC, 0x25CF, 0x25AA, 0x2023, 0x25E6))
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_CLEANED = str.maketrans(
    {**dict.fromkeys(_BULLETS, BULLET), **_LIGATURES, "\u00ad": "", "\ufeff": "", "\u200b": "", "\v": "\n", "\x00": ""}
)
_TO_CLEAN = re.compile(f"[{''.join(map(re.escape, map(chr, _CLEANED)))}]")
_LONG_BLANKS = (
    (re.compile(r"[^\S\n\f]{21,}"), " "),
    (re.compile(r"[^\S\n\f]+\n"), "\n"),
    (re.compile(r"\n{3,}"), "\n\n"),
)

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"(?<![-\w])((?:[^\W\d_]+-)*[^\W\d_]{2,})-\s+([a-z]{2,}(?:-[a-z]+)*)")
_BROKEN_NAME = re.compile(r"(?<![-\w])([^\W\d_]+)-[ \n](?=[A-Z0-9])")
_CAPITALS = re.compile(r"(?<=[.!?)][ \n])[A-Z][A-Z’'/,&-]+(?: (?:[A-Z][A-Z’'/,&-]*|[–—]))+(?= [A-Z][a-z]+ )")
_SUSPENDED = frozenset({"and", "or", "to", "nor", "und", "oder", "et", "ou", "versus"})  # "pre- and post-test" stays
_LABEL = r"(?:\d{1,3}|[A-Z])-\d{1,3}\."
_PARAGRAPH = re.compile(r"(?<!\S)(?<!Figure )(?<!Table )(?P<section>\d{1,3}|[A-Z])-(?P<number>\d{1,3})\.(?=\s+\S)")
_OPENER = re.compile(r"(?:Chapter|Appendix|Annex|Part)\s+(?:\d{1,3}|[A-Z]|[IVX]{1,5})")
_ITEM = re.compile(rf"\s*(?:[{BULLET}*+–-]\s|\(?[a-zA-Z0-9]{{1,3}}[.)]\s|{_LABEL}\s|#{{1,6}}\s|\||>|```|\t)")
_ENDS = re.compile(r"[.!?:;—][\"')\]”’]*$")
_SMALL_IN_TITLES = ARTICLES | COMMON_PREPOSITIONS | {"into", "and", "or"}
_FLAT_LINE = 2000  # average characters per line above which the line breaks must have been lost
_TITLE_CHARACTERS = 90


def cleaned(text: str) -> str:
    """Return `text` with line feeds as its only line ends, one kind of bullet, no ligatures and no invisible characters.

    No run of white space is longer than two line breaks or 20 blanks, so patterns that match it take linear time.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _TO_CLEAN.search(text):
        text = text.translate(_CLEANED)
    for pattern, shorter in _LONG_BLANKS:  # the order matters
        text = pattern.sub(shorter, text)
    return text


def is_heading(line: str) -> bool:
    """Return whether a line is short, ends no sentence, and is in capitals or title case ("Chapter 2 Planning")."""
    line = line.strip()
    if not 3 <= len(line) <= _TITLE_CHARACTERS or _ENDS.search(line) or not line[0].isupper():
        return False
    words = [word for word in re.split(r"[\s/–—-]+", line) if word[:1].isalpha()]
    if not words or ".." in line or "," == line[-1]:
        return False
    if line.isupper():
        return any(len(word) > 3 for word in words)
    return len(words) <= 12 and all(word[0].isupper() or word in _SMALL_IN_TITLES for word in words)


def joined_hyphens(text: str) -> str:
    """Join words that were hyphenated at a line end, such as "un- programmed" or "near-real- time".

    The text's own words decide whether the hyphen belongs to the word. A word found nowhere else keeps it only if both
    parts are words of the text or the first part has a hyphen already.
    """
    text = _BROKEN_NAME.sub(r"\1-", text)
    if not _BROKEN.search(text):
        return text
    known = {match.group().lower() for match in _WORD.finditer(text)}

    def whole(match: re.Match[str]) -> str:
        left, right = match.groups()
        if right.split("-")[0] in _SUSPENDED:
            return match.group()
        plain, hyphenated = (left + right).lower(), f"{left}-{right}".lower()
        if plain in known:
            return left + right
        parts_known = left.split("-")[-1].lower() in known and right in known
        return f"{left}-{right}" if hyphenated in known or "-" in left or parts_known else left + right

    return _BROKEN.sub(whole, text)


def joined_lines(lines: Sequence[str]) -> str:
    """Join lines that were wrapped to a page's width into paragraphs, one per line of the result.

    A line begins a new paragraph if it follows an empty line, a heading or the short last line of a paragraph, or if it
    is a list item, a numbered paragraph or a heading itself.
    """
    lengths = sorted(len(line.rstrip()) for line in lines if line.strip())
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    paragraphs: list[str] = []
    before = ""
    for line in (line.rstrip() for line in lines):
        if not line.strip():
            before = ""
            continue
        if before and _continues(before, line, width):
            paragraphs[-1] = f"{paragraphs[-1]} {line.strip()}"
        else:
            paragraphs.append(line.strip())
        before = line
    return "\n".join(paragraphs)


def _continues(before: str, line: str, width: int) -> bool:
    if _ITEM.match(line) or before.lstrip().startswith(("#", "|", "```")):
        return False
    if line.lstrip()[0].islower():
        return True
    if _OPENER.fullmatch(before.strip()) and is_heading(line):
        return True  # "Chapter 2" and its title
    if _ENDS.search(before) and len(before) < 0.85 * width:
        return False
    return len(before) >= 0.7 * width and not is_heading(before) and not (is_heading(line) and line.isupper())


def is_wrapped(text: str) -> bool:
    """Return whether lines were wrapped to a width: those after a line of 40 to 120 characters often begin in lower case."""
    sample = text[:200_000].split("\n")
    pairs = [(before, line) for before, line in pairwise(sample) if 40 <= len(before.rstrip()) <= 120 and line.strip()]
    return len(pairs) >= 3 and sum(line.lstrip()[0].islower() for _, line in pairs) >= 0.35 * len(pairs)


def is_flat(text: str) -> bool:
    """Return whether the text has lost its line breaks."""
    return len(text) > _FLAT_LINE * (text.count("\n") + 1)


def restored_lines(text: str) -> str:
    """Put list items, numbered paragraphs ("1-12.") and the headings before them on their own lines in flat text."""
    starts: list[tuple[int, str]] = []
    section, number = "", 0
    for match in _PARAGRAPH.finditer(text):
        current = int(match["number"])
        follows = match["section"] == section and 0 < current - number <= 3
        if not follows and not (current <= 2 and match["section"] != section):
            continue  # a number out of sequence is a reference, as in "see paragraph 1-43."
        section, number = match["section"], current
        heading = _heading_before(text, match.start())
        starts += [(heading, "\n\n")] if heading < match.start() else []
        starts.append((match.start(), "\n" if heading < match.start() else "\n\n"))
    for match in _CAPITALS.finditer(text):
        if is_heading(match.group().removesuffix(" A")):  # "PLANNING A plan is": the article belongs to the sentence
            starts += [(match.start(), "\n\n"), (match.start() + len(match.group().removesuffix(" A")), "\n")]
    starts += [(match.start(), "\n") for match in re.finditer(rf"(?<=\s){BULLET}(?=\s)", text)]
    pieces: list[str] = []
    position = 0
    for start, separator in sorted(starts):
        if not text[position:start].strip() and pieces:
            continue
        pieces += [text[position:start].strip(), separator]
        position = start
    return "".join([*pieces, text[position:].lstrip()]).lstrip("\n")


def _heading_before(text: str, end: int) -> int:
    """Return the start of the heading directly before `end`, or `end` if there is none."""
    window = text[max(0, end - _TITLE_CHARACTERS - 40) : end]
    stops = [match.end() for match in re.finditer(rf"[.!?:;][\"')\]”’]*\s+|[{BULLET}—\n]\s*", window)]
    if not stops:
        return end
    run = window[stops[-1] :]
    words = run.split()
    capitals = 0
    while capitals < len(words) and words[-1 - capitals].isupper():
        capitals += 1
    if capitals and (capitals > 1 or len(words[-1]) > 4):
        run = run[run.rindex(words[-capitals]) :] if capitals == 1 else run[_word_start(run, len(words) - capitals) :]
    return end - len(run) if run and is_heading(run) else end


def _word_start(text: str, index: int) -> int:
    return [match.start() for match in re.finditer(r"\S+", text)][index]
