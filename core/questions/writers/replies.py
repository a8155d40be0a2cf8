"""Ask a model about passages and read what it replies, however it is wrapped: thoughts, fences, a cut-off end.

An unusable reply is asked for once more with another seed, and then counted.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from core.models.text import Message, Prompt, TextGenerator
from core.questions.writers.echoes import repeats
from core.questions.writers.writer import Reply

T = TypeVar("T")
ATTEMPTS = 2
OTHER_SEED = 7919  # added for the second attempt
TEMPERATURE = 0.3
SECOND_TEMPERATURE = 0.7  # at least, or the same reply would come again
LONGEST_REFUSAL = 600  # characters

# How models mark what they think before they answer, as it is written by templates of Qwen, DeepSeek, Magistral, Kimi,
# Command A, Seed and others. gpt-oss names channels instead.
_THOUGHTS = (
    (r"<(?P<tag>think|thinking|thought|thoughts|reasoning|reflection|analysis|seed:think)>", r"</(?P=tag)>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|(?:begin_of_thought|START_THINKING)\|>", r"<\|(?:end_of_thought|END_THINKING)\|>"),
    (r"<\|channel\|>\s*(?:analysis|commentary)", r"<\|channel\|>\s*final\s*(?:<\|message\|>)?"),
    (r"\A\s*analysis(?=[A-Z\s])", r"assistantfinal"),
)
_BLOCK = re.compile("|".join(
    f"(?:{opening.replace('(?P<tag>', f'(?P<tag{number}>')}.*?(?:{closing.replace('(?P=tag)', f'(?P=tag{number})')}|\\Z))"
    for number, (opening, closing) in enumerate(_THOUGHTS)
), re.DOTALL | re.IGNORECASE)  # fmt: skip
_END_OF_BLOCK = re.compile(
    r"\A.*(?:</(?:think|thinking|thoughts?|reasoning|reflection|analysis|seed:think)>|\[/THINK\]|◁/think▷"
    r"|<\|(?:end_of_thought|END_THINKING)\|>)",
    re.DOTALL | re.IGNORECASE,
)
_FINAL = re.compile(r"\A\s*<\|channel\|>\s*final\s*(?:<\|message\|>)?|<\|(?:end|return|start|message)\|>", re.IGNORECASE)
_IS_JSON = re.compile(r"\s*(?:```(?:json)?\s*)?(?:\{|\[\s*[{\]])")
_REFUSAL = re.compile(
    r"\b(?:I(?:'|’)?m sorry|I am sorry|I apologi[sz]e|I can(?:'|’|no)t\b|I(?: am|'m|’m) (?:not able|unable)"
    r"|I won(?:'|’)t|I must decline|as an AI|es tut mir leid|ich kann (?:\w+ ){0,4}nicht|je suis d[ée]sol[ée]|lo siento)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """A request about a passage; `read` makes something of the reply, or None if it is unusable."""

    passage_id: str
    prompt: Prompt
    read: Callable[[str], T | None]


def json_prompt(text: str, schema: str, *, max_tokens: int, seed: int) -> Prompt:
    """Build a prompt of one message whose reply is JSON of this schema."""
    message = Message("user", text.strip())
    return Prompt(messages=(message,), schema=schema, max_tokens=max_tokens, temperature=TEMPERATURE, seed=seed)


def list_schema(name: str, fields: Mapping[str, Sequence[str]], *, most: int) -> str:
    """Build the JSON schema of an object that lists one to `most` objects under `name`.

    `fields` are the texts of each object in their order, with the values that are allowed, if not all are.
    """
    types = {field: {"enum": list(allowed)} if allowed else {"type": "string"} for field, allowed in fields.items()}
    item = {"type": "object", "properties": types, "required": list(fields), "additionalProperties": False}
    listed = {"type": "array", "items": item, "minItems": 1, "maxItems": most}
    return json.dumps({"type": "object", "properties": {name: listed}, "required": [name], "additionalProperties": False})


def ask(requests: Sequence[Request[T]], generator: TextGenerator) -> Iterator[tuple[int, T | None, Reply]]:
    """Yield for each request its position, what was read from the reply, and what came of it, as they become ready."""
    waiting = list(enumerate(requests))
    for attempt in range(ATTEMPTS):
        failed = []
        prompts = [_again(request.prompt) if attempt else request.prompt for _, request in waiting]
        for completion in generator.generate(prompts):
            position, request = waiting[completion.index]
            reply = without_thoughts(completion.text)
            found = request.read(reply)
            if found is None and attempt + 1 < ATTEMPTS:
                failed.append((position, request))
                continue
            outcome = Reply(request.passage_id, "answered" if found else "refused" if is_refusal(reply) else "malformed")
            yield position, found, outcome
        waiting = failed
        if not waiting:
            return


def _again(prompt: Prompt) -> Prompt:
    return replace(prompt, seed=prompt.seed + OTHER_SEED, temperature=max(prompt.temperature, SECOND_TEMPERATURE))


def without_thoughts(text: str) -> str:
    """Return a reply without what the model thought aloud, also if that never ended or its beginning is missing.

    What stands within JSON stays: a document may spell such marks.
    """
    if _IS_JSON.match(text):
        return text.strip()
    told = _BLOCK.sub("", text)
    if not _IS_JSON.match(told):
        told = _END_OF_BLOCK.sub("", told)
    return _FINAL.sub("", told).strip()


def is_refusal(reply: str) -> bool:
    """Return whether a reply says that the model will not do it, or gives an empty list."""
    told = read_json(reply)
    if isinstance(told, dict | list):
        return not any(told.values() if isinstance(told, dict) else told)
    return len(reply) <= LONGEST_REFUSAL and bool(_REFUSAL.search(reply))


def read_json(reply: str) -> Any:
    """Return the first JSON object or list of a reply, also within a fence or a sentence; None if there is none."""
    decoder = json.JSONDecoder(strict=False)
    for match in re.finditer(r"[{\[]", reply):
        try:
            return decoder.raw_decode(reply, match.start())[0]
        except (ValueError, RecursionError):
            continue
    return None


def read_items(reply: str, name: str, fields: Sequence[str], instructions: str = "") -> list[dict[str, str]] | None:
    """Return the objects listed under `name` that have words in all `fields`; None if there is none.

    If the reply was cut off, these are the objects before its end. Those whose question repeats the `instructions` that
    the model was given are left out.
    """
    told = read_json(reply)
    listed = told.get(name) if isinstance(told, dict) else told
    items = listed if isinstance(listed, list) else list(_objects(reply))
    usable = [item for item in items if isinstance(item, dict) and all(_has_words(item.get(field)) for field in fields)]
    told_items = [{key: " ".join(str(value).split()) for key, value in item.items()} for item in usable]
    return [item for item in told_items if not repeats(item.get("question", ""), instructions)] or None


def _has_words(value: Any) -> bool:
    return isinstance(value, str | int | float) and any(map(str.isalnum, str(value)))


def _objects(reply: str) -> Iterator[dict[str, Any]]:
    """Yield the whole objects of a list that was cut off or broken."""
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while (at := reply.find("{", at)) >= 0:
        try:
            value, end = decoder.raw_decode(reply, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        at = end
        if isinstance(value, dict):
            yield value
