"""Text in CSV files that a spreadsheet program will open."""

import unicodedata

_BEGIN_FORMULAS = ("=", "+", "-", "@")


def harmless(cell: str) -> str:
    """Quote a cell that a spreadsheet would take for a formula, so that it is shown as text.

    Programs drop white space and signs that nobody sees before they look at a cell, and some read full-width signs as the
    plain ones (https://owasp.org/www-community/attacks/CSV_Injection). A cell that begins with a tab or a break is quoted in
    any case: it may begin another cell.
    """
    begins_another = cell[:1] in ("\t", "\r", "\n") and bool(cell)
    return f"'{cell}" if begins_another or _read(cell).startswith(_BEGIN_FORMULAS) else cell


def _read(cell: str) -> str:
    """Return a cell from its first sign on that a spreadsheet reads, that sign in its plain form."""
    for place, sign in enumerate(cell):
        if not (sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf")):
            return unicodedata.normalize("NFKC", sign) + cell[place + 1 :]
    return ""
