"""Ask a model for several pairs about a passage at once, as JSON, and keep what the passage proves.

For models of about a billion parameters and more. A pair whose quote is not found in its passage has no evidence: it is
yielded without a quote, so that it is counted and never trained on.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from core.models.text import Prompt, TextGenerator
from core.questions.evidence import Evidence, find_evidence
from core.questions.kinds import KINDS
from core.questions.writers.not_said import write_unanswerable
from core.questions.writers.prompt_files import excerpt_values, filled, prompt_text
from core.questions.writers.replies import Request, ask, json_prompt, list_schema, read_items
from core.questions.writers.writer import Candidate, Excerpt, Writer, Written
from core.settings import GenerationSettings

ASKED_KINDS = ("definition", "fact", "procedure", "reason", "comparison", "list", "scenario")
AT_ONCE = 8  # pairs asked for in one reply: with more, models repeat themselves
PAIR_TOKENS = 160  # of a quote, a question and an answer, with room for languages that take more tokens a word
LINKED = ("pairs", ("quote", "second_quote", "question", "answer"))
SINGLE = ("pairs", ("quote", "question", "answer"))


def answer_tokens(settings: GenerationSettings) -> int:
    """Return how many tokens the longest reply may have."""
    return PAIR_TOKENS * max(2, min(settings.per_passage, AT_ONCE))


def write_several(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Iterator[Written]:
    """Yield candidates for each excerpt, and a reply for each request; see `Writer.write`."""
    requests = [(excerpt, request) for excerpt in excerpts for request in _requests(excerpt, settings)]
    for position, items, reply in ask([request for _, request in requests], generator):
        yield reply
        excerpt = requests[position][0]
        for item in items or ():
            yield link_candidate(item, excerpt) if "second_quote" in item else candidate(item, excerpt)
    yield from write_unanswerable(excerpts, generator, settings)


def _requests(excerpt: Excerpt, settings: GenerationSettings) -> Iterator[Request[list[dict[str, str]]]]:
    for begun in range(0, settings.per_passage, AT_ONCE):
        count = min(AT_ONCE, settings.per_passage - begun)
        yield Request(
            excerpt.passage.id,
            several_prompt(excerpt, settings, count=count, seed=settings.seed + excerpt.passage.index + begun),
            _reader(SINGLE, prompt_text("several", settings.prompts)),
        )
    if excerpt.linked:
        yield Request(
            excerpt.passage.id,
            _link_prompt(excerpt, settings),
            _reader(LINKED, prompt_text("link", settings.prompts)),
        )


def _reader(form: tuple[str, tuple[str, ...]], instructions: str) -> Callable[[str], list[dict[str, str]] | None]:
    name, fields = form
    return partial(read_items, name=name, fields=fields, instructions=instructions)


def several_prompt(excerpt: Excerpt, settings: GenerationSettings, *, count: int, seed: int = 0) -> Prompt:
    """Build the prompt that asks for `count` pairs about an excerpt."""
    values = excerpt_values(excerpt) | {"count": str(count), "kinds": ", ".join(ASKED_KINDS)}
    return json_prompt(
        filled(prompt_text("several", settings.prompts), values),
        list_schema("pairs", {"quote": (), "kind": ASKED_KINDS, "question": (), "answer": ()}, most=count),
        max_tokens=PAIR_TOKENS * max(2, count),
        seed=seed,
    )


def _link_prompt(excerpt: Excerpt, settings: GenerationSettings) -> Prompt:
    return json_prompt(
        filled(prompt_text("link", settings.prompts), excerpt_values(excerpt)),
        list_schema("pairs", dict.fromkeys(LINKED[1], ()), most=1),
        max_tokens=2 * PAIR_TOKENS,
        seed=settings.seed + excerpt.passage.index,
    )


def candidate(item: dict[str, str], excerpt: Excerpt) -> Candidate:
    """Return what the model wrote about a passage, with its evidence there if there is any."""
    kind = item.get("kind", "").lower()
    found = find_evidence(item["quote"], excerpt.passage.text)
    return _candidate(item, excerpt, found, kind=kind if kind in KINDS else "fact")


def link_candidate(item: dict[str, str], excerpt: Excerpt) -> Candidate:
    """Return a question over two passages; without evidence in both it has none."""
    second = excerpt.linked.text if excerpt.linked else ""
    found = find_evidence(item["quote"], excerpt.passage.text) if find_evidence(item["second_quote"], second) else None
    return _candidate(item, excerpt, found, kind="link")


def _candidate(item: dict[str, str], excerpt: Excerpt, found: Evidence | None, *, kind: str) -> Candidate:
    passage = excerpt.passage
    start, end = (passage.start + found.start, passage.start + found.end) if found else (0, 0)
    return Candidate(
        passage_id=passage.id,
        question=item["question"],
        answer=item["answer"],
        quote=passage.text[found.start : found.end] if found else "",
        start=start,
        end=end,
        kind=kind,
        wording="model",
        fact=f"{start}-{end}" if found else f"{passage.id}-ungrounded",
    )


def is_grounded(written: Written) -> bool:
    """Return whether this is a candidate whose evidence was found."""
    return isinstance(written, Candidate) and bool(written.quote)


SEVERAL = Writer(
    "several",
    "Several for each passage",
    "For models of about 1 billion parameters and more: the model writes question, answer and quote by itself.",
    write_several,
    prompts=("several", "link", "unanswerable", "check"),
    answer_tokens=answer_tokens,
)
