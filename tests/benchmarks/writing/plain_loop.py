"""The plain way: the model is asked for 8 pairs as JSON for each passage, as many passages at once as the server answers."""

from collections.abc import Sequence

from core.models.engine.remote import HostGenerator, HostModel
from core.models.engine.settings import Host
from core.models.text import Message, Prompt
from core.questions.writers.replies import read_items
from core.questions.writers.writer import Excerpt
from tests.benchmarks.writing.judging import Written, foreign_candidate, judged
from tests.benchmarks.writing.served_model import MODEL, SLOTS
from tests.benchmarks.writing.spent import spent_so_far

PAIRS = 8  # asked of each passage
QUESTION = (
    f"Write {PAIRS} question and answer pairs about the text below, as JSON: "
    '[{{"question": "...", "answer": "..."}}, ...]. Use only what the text says.\n\n{text}'
)


def plain_loop(excerpts: Sequence[Excerpt], address: str) -> Written:
    """Ask the model at `address` for pairs about each passage."""
    prompts = [
        Prompt(messages=(Message("user", QUESTION.format(text=each.passage.text)),), max_tokens=600) for each in excerpts
    ]
    candidates = []
    with HostGenerator(HostModel("plain loop", Host(address=address, model=MODEL)), requests=SLOTS) as generator:
        started = spent_so_far()
        for completion in generator.generate(prompts):
            for item in read_items(completion.text, "pairs", ("question", "answer")) or ():
                candidates.append(foreign_candidate(item, [excerpts[completion.index].passage]))
    return judged(candidates, spent_so_far() - started)
