"""A file of question pairs before it is brought in: what it holds, which column holds what, and which rows are wrong."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import InputError
from core.questions import inspect_file
from core.questions.exchange.columns import WORDS, Columns
from core.questions.exchange.conversations import Exchange
from core.questions.exchange.reading import Choices
from core.questions.exchange.rows import Problem
from core.words import counted
from dashboard.components.errors import show_error

FIRST_PAIRS, FIRST_PROBLEMS, SAMPLE_CHARACTERS = 5, 5, 200
_PREVIEWS = "import-previews"
NO_COLUMN = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a page shows of a file: its first pairs, and everything that is wrong or left out in counts and words."""

    words: str  # the kind of file
    is_table: bool
    names: tuple[str, ...]
    columns: Columns | None
    pair_count: int
    samples: tuple[dict[str, str], ...]  # the first rows as they are
    first: tuple[Exchange, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    wrong: int


def ask_about(upload: UploadedFile) -> Choices | None:
    """Show a file and ask what its columns hold; return what was chosen, or None if it cannot be brought in like this."""
    with st.container(border=True, key=f"import-{upload.file_id}"):
        headline = st.container()
        headline.markdown(f"**{_escaped(upload.name)}**")
        try:
            has_titles = _asked_for_titles(upload)
            guessed = _preview(upload, Choices(has_titles=has_titles))
            columns = _asked_columns(upload, guessed)
            skips_wrong = bool(st.session_state.get(f"import-skip-{upload.file_id}"))
            choices = Choices(columns=columns, has_titles=has_titles, skips_wrong=skips_wrong)
            preview = _preview(upload, choices)
        except InputError as error:
            show_error(error)
            return None
        headline.caption(f"{counted(preview.pair_count, 'pair')} · read as {preview.words}")
        _show(upload, preview)
        is_whole = not preview.wrong or skips_wrong
        return choices if preview.pair_count and is_whole else None


def forget_others(uploads: list[UploadedFile]) -> None:
    """Forget what was read of files that are not there any more."""
    known = {upload.file_id for upload in uploads}
    kept = {key: each for key, each in st.session_state.get(_PREVIEWS, {}).items() if key[0] in known}
    st.session_state[_PREVIEWS] = kept


def _preview(upload: UploadedFile, choices: Choices) -> Preview:
    """Return what a file holds; it is read again only if something else was chosen.

    Raises:
        InputError: it cannot be read as a whole.
    """
    known = st.session_state.setdefault(_PREVIEWS, {})
    key = (upload.file_id, choices)
    if key not in known:
        known[key] = _read(upload, choices)
    found: Preview = known[key]
    return found


def _read(upload: UploadedFile, choices: Choices) -> Preview:
    brought = inspect_file(upload.getvalue(), name=Path(upload.name).name, choices=choices)
    return Preview(
        words=brought.form.words,
        is_table=brought.form.is_table,
        names=tuple(brought.names),
        columns=brought.columns,
        pair_count=brought.pair_count,
        samples=tuple({name: _short(value) for name, value in row.values.items()} for row in brought.samples),
        first=tuple(brought.first(FIRST_PAIRS)),
        notes=tuple(brought.notes),
        problems=tuple(brought.problems[:FIRST_PROBLEMS]),
        wrong=brought.wrong,
    )


def _short(value: object) -> str:
    return "" if value is None else shorten(str(value), SAMPLE_CHARACTERS, placeholder=" …")


def _asked_for_titles(upload: UploadedFile) -> bool:
    """Ask whether a table's first row holds titles; return True for files that are no tables."""
    if not _preview(upload, Choices()).is_table:
        return True
    return st.toggle("The first row holds the names of the columns", value=True, key=f"import-titles-{upload.file_id}")


def _asked_columns(upload: UploadedFile, guessed: Preview) -> Columns | None:
    """Ask which column holds what; return None as long as the guess stands, which each row may differ from."""
    found = guessed.columns.used if guessed.columns else {}
    told = "Columns: " + ", ".join(f"{name} ({WORDS[role].lower()})" for role, name in found.items())
    chosen = {}
    label = _escaped(told) if found else "Which column holds the question, and which the answer?"
    with st.expander(label, expanded=not found, icon=":material/view_column:"):
        st.dataframe(list(guessed.samples), hide_index=True, width="stretch", alt="The first rows of the file as they are")
        for number, (role, words) in enumerate(WORDS.items()):
            if number % 3 == 0:
                boxes = st.columns(3)
            options = [NO_COLUMN, *guessed.names]
            name = boxes[number % 3].selectbox(
                words,
                options,
                index=options.index(found.get(role, NO_COLUMN)),
                key=f"import-{role}-{upload.file_id}-{hash(guessed.names)}",
            )
            if name != NO_COLUMN:
                chosen[role] = name
        if (twice := chosen.get("question")) and twice == chosen.get("answer"):
            st.warning(f"The column {_escaped(twice)} is both question and answer.", icon=":material/warning:")
    if chosen == found:
        return None
    return Columns.of(chosen)


def _show(upload: UploadedFile, preview: Preview) -> None:
    if preview.first:
        st.dataframe(_rows(preview.first), hide_index=True, width="stretch", alt="The first pairs of the file")
        if preview.pair_count > len(preview.first):
            st.caption(f"The first {len(preview.first)} of {preview.pair_count:,}.")
    if preview.columns is None and preview.names:
        st.info("The names of the columns do not tell which holds the question: choose above.", icon=":material/info:")
        return
    for note in preview.notes:
        st.caption(f":material/info: {note}")
    if preview.wrong:
        _show_problems(upload, preview)


def _rows(pairs: tuple[Exchange, ...]) -> list[dict[str, object]]:
    """Return the first pairs as the table shows them; columns that would be empty are left out."""
    rows: list[dict[str, object]] = [{"Question": pair.input, "Answer": pair.output} for pair in pairs]
    if any(pair.system for pair in pairs):
        rows = [row | {"Instruction": pair.system} for row, pair in zip(rows, pairs, strict=True)]
    if any(pair.history for pair in pairs):
        rows = [row | {"Turns before": len(pair.history)} for row, pair in zip(rows, pairs, strict=True)]
    return rows


def _show_problems(upload: UploadedFile, preview: Preview) -> None:
    lines = [f"- {problem.words} {problem.hint}" for problem in preview.problems]
    if preview.wrong > len(lines):
        lines.append(f"- {counted(preview.wrong - len(lines), 'more row')}")
    st.warning("\n".join(lines), icon=":material/warning:")
    if preview.pair_count:
        st.toggle(f"Leave out the {counted(preview.wrong, 'row')} that cannot be used", key=f"import-skip-{upload.file_id}")


def _escaped(name: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()<>#+!|~$:" else sign for sign in name if sign.isprintable())
