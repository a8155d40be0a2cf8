"""Ask a large model for questions that a passage does not answer, and answer them by saying so."""

from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256

from core.language.refusals import NOT_SAID as ANSWERS
from core.models.text import Message, Prompt, TextGenerator
from core.questions.writers.prompt_files import excerpt_values, filled, prompt_text
from core.questions.writers.replies import Request, ask, json_prompt, list_schema, read_items, without_thoughts
from core.questions.writers.writer import Candidate, Excerpt, Written
from core.settings import GenerationSettings

KIND = "unanswerable"
NOT_SAID = "not said"  # what the model is told to reply where the passage does not answer
QUESTION_TOKENS = 80
CHECK_TOKENS = 160  # long enough for a short thought


def not_said(question: str, language: str | None) -> str | None:
    """Return an answer which says that the documents do not tell, or None in a language without one.

    The same question always gets the same one.
    """
    answers = ANSWERS.get(language or "en")
    return answers[sha256(question.encode()).digest()[0] % len(answers)] if answers else None


def check_prompt_for(excerpt: Excerpt, question: str, settings: GenerationSettings) -> Prompt:
    """Build the prompt that lets the model answer a question from an excerpt, or reply that it is not said there."""
    values = excerpt_values(excerpt) | {"question": " ".join(question.split())}
    text = filled(prompt_text("check", settings.prompts), values)
    return Prompt(messages=(Message("user", text.strip()),), max_tokens=CHECK_TOKENS)


def write_unanswerable(
    excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings
) -> Iterator[Written]:
    """Yield questions that the excerpts do not answer, as the model confirms when it is asked, and a reply per request."""
    count, step = quota(settings)
    chosen = [each for each in excerpts if count and each.passage.index % step == 0 and not_said("", each.language)]
    requests = [_request(excerpt, settings, count) for excerpt in chosen]
    asked: list[tuple[Excerpt, str]] = []
    for position, items, reply in ask(requests, generator):
        yield reply
        asked += [(chosen[position], item["question"]) for item in items or ()]
    prompts = [check_prompt_for(excerpt, question, settings) for excerpt, question in asked]
    for completion in generator.generate(prompts) if prompts else ():
        if NOT_SAID in without_thoughts(completion.text).lower():
            yield _candidate(*asked[completion.index], number=completion.index)


def quota(settings: GenerationSettings) -> tuple[int, int]:
    """Return how many such questions to ask for, of every how many passages; none if the settings want none."""
    share = settings.unanswerable_share
    if not share:
        return 0, 1
    for_each = settings.per_passage * share / (1 - share)
    return max(1, round(for_each)), max(1, round(max(1, round(for_each)) / for_each))


def _request(excerpt: Excerpt, settings: GenerationSettings, count: int) -> Request[list[dict[str, str]]]:
    values = excerpt_values(excerpt) | {"count": str(count)}
    instructions = prompt_text("unanswerable", settings.prompts)
    prompt = json_prompt(
        filled(instructions, values),
        list_schema("questions", {"question": ()}, most=count),
        max_tokens=QUESTION_TOKENS * (count + 1),
        seed=settings.seed + excerpt.passage.index,
    )
    read = partial(read_items, name="questions", fields=("question",), instructions=instructions)
    return Request(excerpt.passage.id, prompt, read)


def _candidate(excerpt: Excerpt, question: str, *, number: int) -> Candidate:
    return Candidate(
        passage_id=excerpt.passage.id,
        question=question,
        answer=not_said(question, excerpt.language) or "",
        quote="",
        start=0,
        end=0,
        kind=KIND,
        wording="model",
        fact=f"{excerpt.passage.id}-not-said-{number}",
    )
