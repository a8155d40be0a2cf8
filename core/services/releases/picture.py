"""A lineage as a picture: SVG of boxes below each other, dark on light whatever is around it, 360 units wide."""

from collections.abc import Sequence
from html import escape

from core.services.releases.steps import Step

WIDTH, HEIGHT, GAP, MARGIN = 360, 66, 22, 12  # of the picture, of a box, between two, and around all
PAPER, BOX, INK, ALARM = "#eef2f5", "#ffffff", "#12202b", "#a3140b"
MOST_CHARACTERS = 44  # of a line in a box
MARKS = {True: "\u2713 still what it was", False: "\u2717 NOT what it was", None: "? cannot be told"}


def lineage_picture(steps: Sequence[Step]) -> str:
    """Return the steps of a lineage as SVG text, the newest on top; it loads nothing and holds no script."""
    height = len(steps) * (HEIGHT + GAP) - GAP + 2 * MARGIN
    parts = [_box(step, MARGIN + number * (HEIGHT + GAP)) for number, step in enumerate(steps)]
    arrows = [_arrow(MARGIN + HEIGHT + number * (HEIGHT + GAP)) for number in range(len(steps) - 1)]
    told = "; ".join(f"{step.title}: {MARKS[step.is_unchanged]}" for step in steps)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img" fill="{INK}" font-family="sans-serif" font-size="13"><title>{escape(told)}</title>'
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="{PAPER}"/>{"".join(parts + arrows)}</svg>'
    )


def _box(step: Step, top: int) -> str:
    dash = "" if step.is_unchanged else ' stroke-dasharray="5 3"'
    sha256 = f" \u00b7 {step.sha256[:12]}\u2026" if step.sha256 else ""
    color = ALARM if step.is_unchanged is False else INK
    left, width = MARGIN + 13, WIDTH - 2 * MARGIN
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{width}" height="{HEIGHT}" rx="8" fill="{BOX}" stroke="{color}"{dash}/>'
        f'<text x="{left}" y="{top + 20}" font-weight="bold">{_line(step.title)}</text>'
        f'<text x="{left}" y="{top + 38}">{_line(step.words)}</text>'
        f'<text x="{left}" y="{top + 56}" fill="{color}">{_line(MARKS[step.is_unchanged] + sha256)}</text>'
    )


def _arrow(top: int) -> str:
    middle, end = WIDTH // 2, top + GAP - 2
    return f'<path d="M{middle} {top + 2}V{end - 5}" stroke="{INK}" fill="none"/><path d="M{middle - 4} {end - 6}h8l-4 6z"/>'


def _line(text: str) -> str:
    short = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}\u2026"
    return escape(short)
