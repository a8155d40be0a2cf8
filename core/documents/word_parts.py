"""Copy a Word document's formatting from an allow list of elements and attributes, none of which can hold free text.

Names are those of WordprocessingML (ECMA-376 part 1, 17). Anything not listed here is left out.
"""

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from core.documents.word import W, heading_level

_SIDES = "top left bottom right start end insideH insideV tl2br tr2bl between bar"
_KNOWN = frozenset(
    f"{W}{name}"
    for name in (
        "rPr b bCs i iCs u strike dstrike caps smallCaps color sz szCs highlight vertAlign rFonts rStyle lang shd spacing "
        "kern position rtl cs em bdr w outline shadow emboss imprint noProof "
        "pPr pStyle keepNext keepLines pageBreakBefore widowControl numPr ilvl numId pBdr tabs tab ind contextualSpacing jc "
        "textAlignment outlineLvl bidi suppressAutoHyphens mirrorIndents snapToGrid "
        "tblPr tblStyle tblW tblBorders tblLayout tblCellMar tblLook tblInd tblCellSpacing bidiVisual tblGrid gridCol "
        "trPr trHeight tblHeader cantSplit gridBefore gridAfter wBefore wAfter cnfStyle tcPr tcW gridSpan vMerge hMerge "
        "tcBorders noWrap tcMar textDirection tcFitText vAlign hideMark "
        "sectPr headerReference footerReference footnotePr endnotePr numFmt pos numStart numRestart type pgSz pgMar "
        f"pgBorders pgNumType cols col titlePg lnNumType docGrid {_SIDES} "
        "docDefaults rPrDefault pPrDefault style basedOn next link uiPriority qFormat semiHidden unhideWhenUsed tblStylePr "
        "name tblStyleRowBandSize tblStyleColBandSize "
        "abstractNum multiLevelType lvl start suff lvlText lvlJc lvlRestart isLgl num abstractNumId lvlOverride "
        "startOverride"
    ).split()
)
NAMESPACES = {"w": W[1:-1], "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships"}
_OWN = re.compile(
    r"(?:Style|List) ?\d+|rId\d+|[0-9A-Fa-f]{6,8}|paragraph|character|table|numbering|preserve|begin|separate|end|default"
    r"|even|first"
)
_LETTER, _WORD = re.compile(r"[^\W\d_]"), re.compile(r"[^\W\d_]{3,}")
_PLAIN = re.compile(r"[A-Za-z0-9#%.+-]{0,40}")
_DROPPED = re.compile(r"rsid\w*|author|date|initials|anchor|tooltip|themeFill\w*|themeColor|themeTint|themeShade|\w*Theme")
_FONTS = frozenset("ascii hAnsi eastAsia cs".split())
_FONT = re.compile(r"[\w .-]{1,40}")
_STYLE_REFERENCES = frozenset(f"{W}{name}" for name in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link"))
_BUILT_IN = re.compile(
    r"normal|default paragraph font|normal table|table normal|table grid|no list|heading [1-9]|title|subtitle|quote|caption"
    r"|header|footer|body text|(?:foot|end)note (?:text|reference)|toc [1-9]|list(?: (?:bullet|number|continue|paragraph))?"
    r"(?: [2-5])?|strong|emphasis|hyperlink",
    re.IGNORECASE,
)


_R_ID = f"{{{NAMESPACES['r']}}}id"
_REFERENCES = frozenset((f"{W}headerReference", f"{W}footerReference"))
_STYLE_TYPES = frozenset("paragraph character table numbering".split())


class Formatting:
    """Copies the formatting of one document.

    Args:
        styles: the root of its `styles.xml`, or None.
        relations: maps the ids of relationships to headers and footers that are kept to their ids in the copy.
        tells: returns whether a value contains masked text; such values are left out.
        fonts: the theme's fonts for headings ("major") and text ("minor"), since the theme itself is not copied.
    """

    def __init__(
        self, styles: Any, relations: Mapping[str, str], tells: Callable[[str], bool], *, fonts: Mapping[str, str]
    ) -> None:
        self._fonts = fonts
        self._relations = relations
        self._tells = tells
        self._names = count(1)
        ids = [] if styles is None else [style.get(f"{W}styleId", "") for style in styles.findall(f"{W}style")]
        self._style_ids = {style_id: f"{_style_kind(style_id)}{number}" for number, style_id in enumerate(ids, start=1)}

    def copied(self, element: Any) -> Any:
        """Copy `element` with those of its attributes and descendants that are on the allow list."""
        from lxml import etree

        copy = etree.Element(element.tag, nsmap=NAMESPACES)
        for name, value in element.attrib.items():
            local = name.removeprefix(W)
            if name.startswith(W) and not _DROPPED.fullmatch(local):
                kept = self._attribute(element.tag, local, value)
                if kept is not None:
                    copy.set(name, kept)
        for local in ("ascii", "hAnsi") if element.tag == f"{W}rFonts" else ():
            font = self._fonts.get(element.get(f"{W}{local}Theme", "")[:5], "")
            if font and (kept := self._attribute(element.tag, local, font)):
                copy.set(f"{W}{local}", kept)
        for child in element:
            if child.tag in _REFERENCES and child.get(_R_ID) not in self._relations:
                continue
            if child.tag in _KNOWN:
                copy.append(self.copied(child))
        if element.tag in _REFERENCES:
            copy.set(_R_ID, self._relations[element.get(_R_ID)])
        return copy

    def _attribute(self, tag: str, local: str, value: str) -> str | None:
        if tag in _STYLE_REFERENCES:
            return self._style_ids.get(value, f"{_style_kind(value)}0")
        if tag == f"{W}style" and local == "styleId":
            return self._style_ids[value]
        if tag == f"{W}style" and local == "type":
            return value if value in _STYLE_TYPES else "paragraph"
        if tag == f"{W}name":
            return value if heading_level(value) or _BUILT_IN.fullmatch(value) else f"Style {next(self._names)}"
        if tag == f"{W}lvlText":
            return value if len(value) <= 20 and not _WORD.search(value) else re.sub(r"[^%\d.]", "", value)
        form = _FONT if tag == f"{W}rFonts" and local in _FONTS else _PLAIN
        return value if form.fullmatch(value) and not (_LETTER.search(value) and self._tells(value)) else None


def _style_kind(style_id: str) -> str:
    """Return the prefix of a style's id in the copy: "List" for list styles, which are recognized by their ids."""
    return "List" if "List" in style_id else "Style"


def is_own_word(value: str) -> bool:
    """Return whether an attribute's value is a number, a color, or a word that `Formatting` itself writes."""
    is_name = heading_level(value) or _BUILT_IN.fullmatch(value) or _OWN.fullmatch(value)
    return bool(is_name) or not _LETTER.search(value)
