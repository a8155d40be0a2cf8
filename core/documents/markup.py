"""Read HTML: headings become Markdown, lists and tables lines; scripts, styles and hidden parts go. Nothing is fetched."""

import re
from pathlib import Path
from typing import Any

from core.documents import layout
from core.documents.plain import decode
from core.documents.tables import row_lines
from core.errors import InputError
from core.records import Page

MAX_BYTES = 64 * 2**20  # the tree takes about ten times that in memory
_DROPPED = frozenset("script style noscript template svg math iframe object embed select button head title nav".split())
_BLOCKS = frozenset(
    "address article aside blockquote body caption details dialog dl fieldset figcaption figure footer form header hr html "
    "legend main ol p pre section summary table ul".split()
)
_LINES = frozenset("li tr dt dd div".split())
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{2,30})", re.IGNORECASE)
_DEEPEST = 200  # nesting depth; deeper elements are read as plain text


def read_html(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """Return the text of an HTML file, no pages, and no problem ("").

    Raises:
        InputError: the file is over 64 MB or not text.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"The HTML file is larger than {MAX_BYTES // 2**20} MB.", "Split it into smaller files.")
    data = path.read_bytes()
    declared = _CHARSET.search(data[:4096])
    try:
        text = data.decode(declared[1].decode("ascii")) if declared else decode(data)
    except (UnicodeDecodeError, LookupError):
        text = decode(data)
    return html_text(text), (), ""


def html_text(html: str) -> str:
    """Convert `html` to text, one paragraph per line."""
    import lxml.etree
    import lxml.html

    html = re.sub(r"^\s*<\?xml[^>]*>", "", layout.cleaned(html))
    if not html.strip():
        return ""
    parser = lxml.html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        tree = lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.ParserError:  # no element at all: a comment, a doctype or an instruction alone
        return ""
    pieces: list[str] = []
    _walk(tree, pieces, depth=0)
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _walk(element: Any, pieces: list[str], *, depth: int) -> None:
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in _DROPPED or not tag or _is_hidden(element):
        return
    if tag == "br":
        pieces.append("\n")
        return
    if tag == "table" and not element.xpath(".//table"):
        rows = [[_inline(cell) for cell in row.iterchildren("td", "th")] for row in element.iter("tr")]
        pieces.append("\n\n" + "\n".join(row_lines(rows)) + "\n\n")
        return
    if depth > _DEEPEST:
        pieces.append(_inline(element))
        return
    is_heading = re.fullmatch("h[1-6]", tag) is not None
    if is_heading:
        text = _inline(element)
        pieces.append(f"\n\n{'#' * int(tag[1])} {text}\n\n" if text else "")
        return
    gap = "\n" if tag in _LINES else "\n\n" if tag in _BLOCKS else ""
    pieces.append(gap + ("• " if tag == "li" else ""))
    pieces.append(_spaced(element.text, keep_lines=tag == "pre"))
    for child in element:
        _walk(child, pieces, depth=depth + 1)
        pieces.append(_spaced(child.tail, keep_lines=tag == "pre"))
    pieces.append(gap if tag != "li" else "")


def _is_hidden(element: Any) -> bool:
    return "hidden" in element.attrib or "display:none" in element.get("style", "").replace(" ", "").lower()


def _spaced(text: str | None, *, keep_lines: bool) -> str:
    return (text or "") if keep_lines else re.sub(r"\s+", " ", text or "")


def _inline(element: Any) -> str:
    pieces = [text for text in element.itertext() if text]
    if any(isinstance(child.tag, str) and child.tag in _DROPPED for child in element.iterdescendants()):
        pieces = [
            text
            for text in element.xpath(".//text()")
            if not any(above.tag in _DROPPED for above in (text.getparent(), *text.getparent().iterancestors()))
        ]
    return re.sub(r"\s+", " ", "".join(pieces)).strip()
