"""What may be asked of the engine: the fields of OpenAI's requests that are passed on, and the faults in them.

Fields that are not named here are left out: llama-server has some of its own that reach into other requests (`id_slot`,
`lora`) or cost more than they give.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.deploy.limits import Limits
from core.deploy.refusal import Refused, unusable

STOPS = 16  # words that end an answer
STOP_CHARACTERS = 200
NAME_CHARACTERS = 200
BIASED_TOKENS = 1000
# Values in a JSON schema and tools together: the engine writes for nobody while it makes a grammar of them, and the choice
# among 10,000 words took more than two minutes.
FORM_VALUES = 1000
_FORMS = ("response_format", "text", "tools")
Check = Callable[[Any], bool]


def _number(least: float, most: float) -> Check:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _whole(least: int, most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _of(kind: type) -> Check:
    return lambda value: isinstance(value, kind)


def _is_stop(value: Any) -> bool:
    words = value if isinstance(value, list) else [value]
    return len(words) <= STOPS and all(isinstance(word, str) and 0 < len(word) <= STOP_CHARACTERS for word in words)


def _is_bias(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= BIASED_TOKENS and all(map(_number(-100, 100), value.values()))


_SAMPLING: dict[str, Check] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "top_k": _whole(0, 1000),
    "min_p": _number(0, 1),
    "presence_penalty": _number(-2, 2),
    "frequency_penalty": _number(-2, 2),
    "repeat_penalty": _number(0, 10),
    "seed": _whole(-1, (1 << 32) - 1),
    "stop": _is_stop,
    "logit_bias": _is_bias,
    "stream": _of(bool),
}
_TOOLS: dict[str, Check] = {
    "tools": _of(list),
    "tool_choice": lambda value: isinstance(value, str | dict),
    "parallel_tool_calls": _of(bool),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A way to ask the engine: its path, the same here and there, and what a request may hold."""

    name: str
    path: str
    prompt: str  # the field that holds what is asked
    lengths: tuple[str, ...]  # the fields that tell the longest answer; the engine is told by the last
    passed: Mapping[str, Check]


CHAT = Endpoint(
    name="chat",
    path="/v1/chat/completions",
    prompt="messages",
    lengths=("max_completion_tokens", "max_tokens"),
    passed=_SAMPLING
    | _TOOLS
    | {
        "messages": _of(list),
        "stream_options": _of(dict),
        "response_format": _of(dict),
        "chat_template_kwargs": _of(dict),
        "reasoning_effort": _of(str),
        "logprobs": _of(bool),
        "top_logprobs": _whole(0, 20),
    },
)
COMPLETIONS = Endpoint(
    name="completions",
    path="/v1/completions",
    prompt="prompt",
    lengths=("max_tokens",),
    passed=_SAMPLING | {"prompt": _of(str), "stream_options": _of(dict), "logprobs": _whole(0, 5)},
)
RESPONSES = Endpoint(
    name="responses",
    path="/v1/responses",
    prompt="input",
    lengths=("max_output_tokens",),
    passed=_SAMPLING
    | _TOOLS
    | {
        "input": lambda value: isinstance(value, str | list),
        "instructions": _of(str),
        "text": _of(dict),
        "reasoning": _of(dict),
    },
)
ENDPOINTS = (CHAT, COMPLETIONS, RESPONSES)
# What would change the answer and is not to be had: refused rather than left out. Fields by the values that ask for nothing.
_NOT_HAD: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "suffix": ("",),
    "audio": (),
    "modalities": (["text"],),
    "functions": ([],),
    "function_call": ("none",),
    "background": (False,),
    "previous_response_id": (),
    "conversation": (),
}


def engine_request(endpoint: Endpoint, body: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Return the body to send to the engine for a request.

    Raises:
        Refused: a field is missing, is not to be had, or has a value that it cannot have.
    """
    for name, nothing in _NOT_HAD.items():
        if body.get(name) is not None and body[name] not in nothing:
            raise unusable(f"This service does not know {name}.", name, code="unsupported_parameter")
    if body.get(endpoint.prompt) is None:
        raise unusable(f"The request has no {endpoint.prompt}.", endpoint.prompt, code="missing_required_parameter")
    passed = {name: body[name] for name in endpoint.passed if body.get(name) is not None}
    for name, value in passed.items():
        if not endpoint.passed[name](value):
            raise unusable(f"The value of {name} cannot be used.", name)
    _check_text(passed[endpoint.prompt], endpoint.prompt)
    if sum(_count(passed[name]) for name in _FORMS if name in passed) > FORM_VALUES:
        raise unusable(f"Schema and tools may have {FORM_VALUES} values together.", code="schema_too_large")
    return passed | {"model": body["model"], endpoint.lengths[-1]: _length(endpoint, body, limits)}


def _count(value: Any) -> int:
    """Return how many values a value consists of; bodies are nested `DEEPEST` levels at most."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_count, inner))


def check_model(body: Mapping[str, Any], *names: str) -> None:
    """Check that a request names one of these models.

    Raises:
        Refused: it names another one, or none.
    """
    if not isinstance(body.get("model"), str):
        raise unusable("The request names no model.", "model", code="missing_required_parameter")
    if body["model"] not in names:
        raise unknown_model(body["model"], names)


def unknown_model(name: str, names: tuple[str, ...]) -> Refused:
    """Build the refusal of a model that is not served here."""
    there = ", ".join(names) or "none"
    return Refused(
        404, "model_not_found", f"There is no model {name[:NAME_CHARACTERS]!r} here. Models are: {there}.", param="model"
    )


def _length(endpoint: Endpoint, body: Mapping[str, Any], limits: Limits) -> int:
    """Return the longest answer in tokens: what is asked for, or the limit."""
    for name in endpoint.lengths:
        asked = body.get(name)
        if asked is not None:
            if not _whole(1, 1 << 31)(asked):
                raise unusable(f"The value of {name} is not a number of tokens.", name)
            if asked > limits.answer_tokens:
                raise unusable(f"An answer may have {limits.answer_tokens} tokens; {name} is {asked}.", name)
            return int(asked)
    return limits.answer_tokens


def _check_text(prompt: Any, field: str) -> None:
    """Refuse pictures, sounds and files: the engine reads text, and may not be sent to fetch anything.

    Raises:
        Refused: a message has such a part, or is no message.
    """
    if isinstance(prompt, str):
        if not prompt:
            raise unusable(f"There is nothing in {field}.", field)
        return
    if not prompt:
        raise unusable(f"There is nothing in {field}.", field)
    for message in prompt:
        if not isinstance(message, dict):
            raise unusable(f"An entry of {field} is not a message.", field)
        parts = message.get("content")
        for part in parts if isinstance(parts, list) else ():
            if not isinstance(part, dict) or part.get("type") not in _TEXTS or not isinstance(part.get("text"), str):
                raise unusable("A message holds something other than text.", field, code="unsupported_content")
        if parts is not None and not isinstance(parts, str | list):
            raise unusable("A message holds something other than text.", field, code="unsupported_content")


_TEXTS = ("text", "input_text", "output_text")
