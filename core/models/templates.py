"""Chat templates: the model's own, or `<human>:` and `<bot>:` where it has none; one rule for training and chatting."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from core.errors import InputError

FALLBACK_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] + '\\n' }}"
    "{% elif message['role'] == 'user' %}{{ '<human>: ' + message['content'] + '\\n' }}"
    "{% else %}{{ '<bot>: ' + message['content'] + eos_token + '\\n' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<bot>:' }}{% endif %}"
)
# A model without marks of its own does not know where its turn ends: stop where the next one would begin.
FALLBACK_STOPS = ("<human>:", "\n<bot>:")


def render(
    template: str,
    messages: Sequence[Mapping[str, str]],
    *,
    bos_token: str = "",
    eos_token: str = "",
    add_generation_prompt: bool = False,
) -> str:
    """`messages` (`role`, `content`) as the text a model reads.

    The template runs in Jinja's sandbox with what transformers gives it: templates come with models, and
    those with strangers. Source: transformers, `utils/chat_template_utils.py`.

    Raises:
        InputError: the template refuses these messages or is broken.
    """
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> NoReturn:
        raise TemplateError(message)

    def to_json(value: Any, indent: int | None = None) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    try:
        return environment.from_string(template).render(
            messages=[dict(message) for message in messages],
            bos_token=bos_token,
            eos_token=eos_token,
            add_generation_prompt=add_generation_prompt,
        )
    except (TemplateError, TypeError, KeyError) as error:
        raise InputError(
            "The model's chat template cannot be used for this conversation.", "Start a new conversation."
        ) from error
