"""Chat templates: the model's own, or a fallback with `<human>:` and `<bot>:`; the same for training and chat."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from core.errors import InputError

if TYPE_CHECKING:
    from jinja2 import Template

FALLBACK_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] + '\\n' }}"
    "{% elif message['role'] == 'user' %}{{ '<human>: ' + message['content'] + '\\n' }}"
    "{% else %}{{ '<bot>: ' + message['content'] + eos_token + '\\n' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<bot>:' }}{% endif %}"
)
# Without special tokens a model does not know where its turn ends: stop where the next one would begin.
FALLBACK_STOPS = ("<human>:", "\n<bot>:")


def render(
    template: str,
    messages: Sequence[Mapping[str, str]],
    *,
    bos_token: str = "",
    eos_token: str = "",
    add_generation_prompt: bool = False,
) -> str:
    """Render `messages` (`role`, `content`) to the text a model reads.

    The template runs in Jinja's sandbox, with the same environment as in transformers: it comes with the model and cannot
    be trusted. Source: transformers, `utils/chat_template_utils.py`.

    Raises:
        InputError: the template rejects these messages or is broken.
    """
    from jinja2 import TemplateError

    try:
        return _compiled(template).render(
            messages=[dict(message) for message in messages],
            tools=None,
            documents=None,
            bos_token=bos_token,
            eos_token=eos_token,
            add_generation_prompt=add_generation_prompt,
        )
    except (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        raise InputError(
            "The model's chat template cannot be used for this conversation.", "Start a new conversation."
        ) from error


@lru_cache(maxsize=8)
def _compiled(template: str) -> "Template":
    """Compile a template, cached: compiling takes longer than rendering a thousand rows."""
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` blocks, which tell transformers which words are the model's; rendered as their content."""

        tags = {"generation"}

        def parse(self, parser: Parser) -> nodes.Node:
            line = next(parser.stream).lineno
            # A separate scope, as in transformers: names set in the block do not outlive it.
            return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True)).set_lineno(line)

    def refuse(message: str) -> NoReturn:
        raise TemplateError(message)

    def to_json(value: Any, ensure_ascii: bool = False, **form: Any) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, **form)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(template)
