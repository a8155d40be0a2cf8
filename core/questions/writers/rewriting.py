"""Rewrite each passage in seven fixed ways, as texts for continued training beside the question pairs.

The ways follow SPA (arXiv 2603.22213): fixed prompts that look at a text from the sides of learning, which the paper found
to teach facts better than many paraphrases. The wording of the prompts is our own. For models of about three billion
parameters and more; the pairs are those of `several`.
"""

import re
from collections.abc import Iterator, Sequence

from core.models.text import Message, Prompt, TextGenerator
from core.questions.writers.prompt_files import WAYS, excerpt_values, filled, prompt_text
from core.questions.writers.replies import Request, ask, is_refusal, read_json
from core.questions.writers.several import SEVERAL, answer_tokens, write_several
from core.questions.writers.writer import Excerpt, PassageText, Writer, Written
from core.settings import GenerationSettings

TEXT_TOKENS = 1000  # of a text: about three times a usual passage
TEMPERATURE = 0.7
LEAST_CHARACTERS = 80
_END = re.compile(r"[.!?…:][\"'”’»)\]*]*(?=\s|\Z)")


def write_rewriting(
    excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings
) -> Iterator[Written]:
    """Yield what `several` writes, and seven texts for each excerpt; see `Writer.write`."""
    yield from write_several(excerpts, generator, settings)
    requests = [
        (way, Request(excerpt.passage.id, way_prompt(way, excerpt, settings), read_text))
        for excerpt in excerpts
        for way in WAYS
    ]
    for position, text, reply in ask([request for _, request in requests], generator):
        yield reply
        if text is not None:
            yield PassageText(reply.passage_id, requests[position][0], text)


def way_prompt(way: str, excerpt: Excerpt, settings: GenerationSettings) -> Prompt:
    """Build the prompt that rewrites an excerpt in one way."""
    text = filled(prompt_text(way, settings.prompts), excerpt_values(excerpt))
    return Prompt(
        messages=(Message("user", text.strip()),),
        max_tokens=TEXT_TOKENS,
        temperature=TEMPERATURE,
        seed=settings.seed + excerpt.passage.index,
    )


def read_text(reply: str) -> str | None:
    """Return the text of a reply up to its last whole sentence or line; None if it is none."""
    text = reply.strip()
    if len(text) < LEAST_CHARACTERS or is_refusal(text) or isinstance(read_json(text), dict):
        return None
    if _END.search(text[-4:]) is None and not _is_list(text):
        ends = [match.end() for match in _END.finditer(text)]
        text = text[: ends[-1]] if ends and ends[-1] > len(text) // 2 else text
    return text


def _is_list(text: str) -> bool:
    return re.match(r"\s*(?:[-*•+]|\d+[.)])\s", text.splitlines()[-1]) is not None


REWRITING = Writer(
    "rewriting",
    "Several for each passage, and texts",
    "For models of about 3 billion parameters and more: also rewrites each passage in seven ways, for continued training.",
    write_rewriting,
    prompts=(*SEVERAL.prompts, *WAYS),
    answer_tokens=lambda settings: max(TEXT_TOKENS, answer_tokens(settings)),
)
