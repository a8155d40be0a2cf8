"""Every way to write question pairs, by name."""

from core.questions.writers.guided import GUIDED
from core.questions.writers.rewriting import REWRITING
from core.questions.writers.several import SEVERAL
from core.questions.writers.writer import Writer
from core.words import check_choice

AUTO = "auto"  # stands for the writer that a trial of the model finds best
WRITERS = {writer.name: writer for writer in (GUIDED, SEVERAL, REWRITING)}


def find_writer(name: str) -> Writer:
    """Return the writer called `name`.

    Raises:
        InputError: there is none.
    """
    check_choice("writer", name, WRITERS)
    return WRITERS[name]
