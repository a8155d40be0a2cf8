"""A file of question pairs → conversations: which format it is, which columns hold what, and what cannot be used."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import Hint, InputError
from core.questions.exchange.columns import Columns, guess
from core.questions.exchange.conversations import Conversation, Exchange
from core.questions.exchange.messages import LEFT_OUT
from core.questions.exchange.pair_format import PairFormat
from core.questions.exchange.row_reading import TURNS, read_row
from core.questions.exchange.rows import Problem, Remark, Row, Source
from core.questions.exchange.text_files import UTF_16
from core.words import counted, either

KNOWN = "question and answer, input and output, prompt and completion, instruction and output, messages, conversations"
Reader = Callable[[Source], Iterator[Row | Problem | Remark]]
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
SAMPLES = 3
MOST_PROBLEMS = 1000  # kept with their words; all are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person decides about a file before it is brought in; None for `columns` leaves it to their names."""

    columns: Columns | None = None
    has_titles: bool = True
    skips_wrong: bool = False  # leave out the rows that are wrong, instead of bringing in none


@dataclass(slots=True)
class Brought:
    """What a file holds, and what of it is not used."""

    form: PairFormat
    names: dict[str, bool] = field(default_factory=dict)  # of the columns as they first appear: whether anything is taken
    columns: Columns | None = None  # of the first row that could be used, or as chosen; None if nothing tells
    samples: list[Row] = field(default_factory=list)  # the first rows as they are
    conversations: list[Conversation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wrong: int = 0  # rows with a problem
    skips_wrong: bool = False
    remarks: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)  # by their names in words

    @property
    def pair_count(self) -> int:
        """Number of question pairs to learn."""
        return sum(len(conversation.learned) for conversation in self.conversations)

    def first(self, most: int) -> list[Exchange]:
        """Return the first question pairs."""
        return list(islice((pair for talk in self.conversations for pair in talk.learned), most))

    @property
    def unused(self) -> list[str]:
        """The columns that nothing is taken from."""
        return [name for name, is_used in self.names.items() if not is_used]

    @property
    def notes(self) -> list[str]:
        """What is left out and why, in sentences without a word of the file; none if everything is used."""
        words = list(self.remarks)
        left_out = dict(self.left_out)
        turns = left_out.pop(TURNS, 0)
        words += [f"{counted(number, what, LEFT_OUT[what])} left out." for what, number in left_out.items() if number]
        if turns:
            words.append(f"{counted(turns, TURNS)} read before the answers, and not learned.")
        if self.wrong and self.skips_wrong:
            words.append(f"{counted(self.wrong, 'row')} that cannot be used left out.")
        elif self.wrong:
            words.append(f"{counted(self.wrong, 'row')} cannot be used.")
        if self.conversations and self.unused:
            words.append(f"{counted(len(self.unused), 'column')} not used.")
        return words


def read_file(source: Source, choices: Choices, formats: Iterable[PairFormat]) -> Brought:
    """Return what a file holds, with the problems of all its rows.

    Raises:
        InputError: the file cannot be read as a whole.
    """
    form, read = format_of(source, formats)
    brought = Brought(form, columns=choices.columns, skips_wrong=choices.skips_wrong)
    known: dict[tuple[str, ...], Columns | None] = {}
    for row in read(source):
        if isinstance(row, Remark):
            brought.remarks.append(row.words)
        elif isinstance(row, Problem):
            _note(brought, row)
        else:
            names = tuple(row.values)
            if names not in known:
                known[names] = choices.columns or guess(names)
                brought.names |= {name: False for name in names if name not in brought.names}
            _take(brought, row, known[names])
    _check_chosen(choices, {name for names in known for name in names})
    return brought


def _check_chosen(choices: Choices, names: set[str]) -> None:
    chosen = choices.columns.used.values() if choices.columns else ()
    for name in chosen:
        if names and name not in names:
            hint = Hint("Look at the names of the columns first.", command="--preview")
            raise InputError(f"There is no column {name!r}.", hint)


def _take(brought: Brought, row: Row, columns: Columns | None) -> None:
    """Read a row's conversation, or note why there is none."""
    if len(brought.samples) < SAMPLES:
        brought.samples.append(row)
    talk = _read(row, columns, brought)
    if isinstance(talk, Problem):
        _note(brought, talk)
        return
    brought.conversations.append(talk)
    brought.columns = brought.columns or columns
    brought.names |= dict.fromkeys(columns.used.values() if columns else (), True)


def _note(brought: Brought, problem: Problem) -> None:
    brought.wrong += 1
    if len(brought.problems) < MOST_PROBLEMS:
        brought.problems.append(problem)


def _read(row: Row, columns: Columns | None, brought: Brought) -> Conversation | Problem:
    if columns is None:
        titles = " If the first row is a pair and no names, say so." if brought.form.is_table else ""
        return Problem(
            place=row.place,
            fault="has no question or no answer that is known by its name",
            hint=f"Choose which column holds what.{titles} Known by themselves are {KNOWN}.",
        )
    return read_row(row, columns, brought.left_out)


def conversations_in(brought: Brought, name: str) -> list[Conversation]:
    """Return the conversations of a file that was read and that people call `name`.

    Raises:
        InputError: a row is wrong and may not be left out, or none is left.
    """
    if brought.problems and not (brought.skips_wrong and brought.conversations):
        first = brought.problems[0]
        more = f" {counted(brought.wrong - 1, 'more row')} cannot be used." if brought.wrong > 1 else ""
        raise InputError(f"{name}: {first.place} {first.fault}.{more}", first.hint)
    if not brought.conversations:
        raise InputError(f"{name} holds no question pairs.", f"Known by themselves are {KNOWN}.")
    return brought.conversations


def format_of(source: Source, formats: Iterable[PairFormat]) -> tuple[PairFormat, Reader]:
    """Return the format of a file and what reads it: what the file begins with decides, then its name.

    Raises:
        InputError: the file cannot be read, or is not what its name says.
    """
    with source.open() as file:
        beginning = file.read(65_536)
    if beginning.startswith(_OLD_OFFICE):
        raise InputError(f"{source.name} is an Excel workbook of before 2007.", "Save it as .xlsx.")
    readable = [(form, form.read) for form in formats if form.read is not None]
    for form, read in readable:
        if form.begins_with and form.begins_with.match(beginning):
            return form, read
    suffix = Path(source.name).suffix.lower()
    texts = [(form, read) for form, read in readable if not form.is_binary]
    tables = [(form, read) for form, read in texts if form.is_table]
    if tables and _looks_like_table(beginning):
        return tables[0]
    if any(suffix in form.read_suffixes for form, _ in readable if form.is_binary):
        raise InputError(f"{source.name} does not begin like a {suffix} file: it is damaged.", "Save it again.")
    return next(((form, read) for form, read in texts if suffix in form.read_suffixes), texts[0])


def _looks_like_table(beginning: bytes) -> bool:
    """Return whether a file begins with a line of column names that are known."""
    encoding = "utf-16" if beginning.startswith(UTF_16) else "utf-8-sig"
    lines = beginning.decode(encoding, "replace").lstrip().split("\n", 2)
    line = lines[1] if lines[0].startswith("sep=") and len(lines) > 1 else lines[0]
    return any(guess(cell.strip('" \r') for cell in line.split(mark)) for mark in ",;\t|" if mark in line)


def readable_suffixes(formats: Iterable[PairFormat]) -> list[str]:
    """Return the suffixes of the files that can be read, without their dot."""
    return [suffix.lstrip(".") for form in formats if form.read for suffix in form.read_suffixes]


def readable_words(formats: Iterable[PairFormat]) -> str:
    """Return the kinds of files that can be read, in words."""
    return either(form.words for form in formats if form.read)
