"""A model's answer as HTML that can load nothing: every character is escaped, and the only tags are those written here.

Markdown is read as far as answers need it: headings, lists, tables, code, quotes, bold and italic. Links, images and HTML
stay the text that they are.
"""

import html
import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)[\s#]*$")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$")
_QUOTE = re.compile(r" {0,3}> ?(.*)$")
_RULE = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
_DIVIDER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_CODE = re.compile(r"(`+)(.{1,2000}?)\1(?!`)")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.{1,1000}?)(?<=\S)\1")
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]{1,1000}?)(?<=\S)\*(?![\w*])")
_MOST_LEVELS = 4

STYLE = """<style>
.garrison-answer { overflow-wrap: anywhere; line-height: 1.55; }
.garrison-answer > * { margin: 0 0 0.6rem 0; }
.garrison-answer > *:last-child { margin-bottom: 0; }
.garrison-answer h4 { font-size: 1.05rem; padding: 0.3rem 0 0 0; }
.garrison-answer .item { display: flex; gap: 0.5rem; margin-bottom: 0.25rem; }
.garrison-answer .level-1 { padding-left: 1.4rem; } .garrison-answer .level-2 { padding-left: 2.8rem; }
.garrison-answer .level-3 { padding-left: 4.2rem; }
.garrison-answer .sign { flex: none; min-width: 1rem; }
.garrison-answer pre { overflow-x: auto; padding: 0.7rem 0.9rem; border-radius: 0.4rem; white-space: pre;
  background: rgba(128, 140, 150, 0.14); }
.garrison-answer code { font-family: "Source Code Pro", monospace; font-size: 0.88em; color: inherit; background: none; }
.garrison-answer p code { padding: 0.1em 0.3em; border-radius: 0.25rem; background: rgba(128, 140, 150, 0.14); }
.garrison-answer .table { overflow-x: auto; }
.garrison-answer table { border-collapse: collapse; }
.garrison-answer th, .garrison-answer td { border: 1px solid rgba(128, 140, 150, 0.4); padding: 0.3rem 0.6rem;
  text-align: left; }
.garrison-answer blockquote { border-left: 3px solid rgba(128, 140, 150, 0.5); padding-left: 0.8rem; margin-left: 0; }
</style>"""


def answer_html(text: str) -> str:
    """Return an answer as HTML; one that is still written may end anywhere."""
    return f'<div class="garrison-answer">{"".join(_blocks(text.strip().splitlines()))}</div>'


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        take = next(block for fits, block in _BLOCKS if fits(lines, at))
        made, at = take(lines, at)
        yield made


def _is_table(lines: list[str], at: int) -> bool:
    return "|" in lines[at] and at + 1 < len(lines) and "|" in lines[at + 1] and bool(_DIVIDER.match(lines[at + 1]))


def _code(lines: list[str], at: int) -> tuple[str, int]:
    opened = _FENCE.match(lines[at])
    fence = opened[1] if opened else "```"
    end = next((row for row in range(at + 1, len(lines)) if lines[row].strip().startswith(fence)), len(lines))
    return f"<pre><code>{html.escape(chr(10).join(lines[at + 1 : end]))}</code></pre>", end + 1


def _table(lines: list[str], at: int) -> tuple[str, int]:
    end = next((row for row in range(at + 2, len(lines)) if "|" not in lines[row]), len(lines))
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in _cells(lines[at]))
    rows = ("".join(f"<td>{_inline(cell)}</td>" for cell in _cells(line)) for line in lines[at + 2 : end])
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>', end


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _heading(lines: list[str], at: int) -> tuple[str, int]:
    found = _HEADING.match(lines[at])
    return f"<h4>{_inline(found[1] if found else lines[at])}</h4>", at + 1


def _item(lines: list[str], at: int) -> tuple[str, int]:
    found = _ITEM.match(lines[at])
    indent, sign, words = found.groups() if found else ("", "-", lines[at])
    level = min(len(indent.expandtabs(4)) // 2, _MOST_LEVELS - 1)
    shown = "•" if sign in "-*+" else sign
    words = f'<span class="sign">{shown}</span><span>{_inline(words)}</span>'
    return f'<div class="item level-{level}">{words}</div>', at + 1


def _quote(lines: list[str], at: int) -> tuple[str, int]:
    end = next((row for row in range(at, len(lines)) if not _QUOTE.match(lines[row])), len(lines))
    told = (found[1] for line in lines[at:end] if (found := _QUOTE.match(line)))
    return f"<blockquote>{'<br>'.join(map(_inline, told))}</blockquote>", end


def _rule(lines: list[str], at: int) -> tuple[str, int]:
    return "<hr>", at + 1


def _paragraph(lines: list[str], at: int) -> tuple[str, int]:
    end = at + 1
    while end < len(lines) and lines[end].strip() and not any(fits(lines, end) for fits, _ in _BLOCKS[:-1]):
        end += 1
    return f"<p>{'<br>'.join(_inline(line) for line in lines[at:end])}</p>", end


_BLOCKS: list[tuple[Callable[[list[str], int], bool], Callable[[list[str], int], tuple[str, int]]]] = [
    (lambda lines, at: bool(_FENCE.match(lines[at])), _code),
    (_is_table, _table),
    (lambda lines, at: bool(_HEADING.match(lines[at])), _heading),
    (lambda lines, at: bool(_RULE.match(lines[at])), _rule),
    (lambda lines, at: bool(_ITEM.match(lines[at])), _item),
    (lambda lines, at: bool(_QUOTE.match(lines[at])), _quote),
    (lambda lines, at: True, _paragraph),
]


def _inline(line: str) -> str:
    """Return a line with its code, bold and italic parts marked; everything else is escaped text."""
    made, last = [], 0
    for code in _CODE.finditer(line):
        made += [_emphasized(line[last : code.start()]), f"<code>{html.escape(code[2].strip())}</code>"]
        last = code.end()
    return "".join([*made, _emphasized(line[last:])])


def _emphasized(text: str) -> str:
    escaped = html.escape(text)
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\2</strong>", escaped))
