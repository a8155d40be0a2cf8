"""Chat templates: the model's own, or `<human>:` and `<bot>:` where it has none; one rule for training and chatting."""

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
    """Return `messages` (`role`, `content`) as the text a model reads.

    The template runs in Jinja's sandbox with what transformers gives it: templates come with models, and
    those with strangers. Source: transformers, `utils/chat_template_utils.py`.

    Raises:
        InputError: the template refuses these messages or is broken.
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
    """Return the template ready to run: compiling one takes longer than running it on a thousand rows."""
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` tells transformers which words are the model's; the text is what stands in the block."""

        tags = {"generation"}

        def parse(self, parser: Parser) -> nodes.Node:
            line = next(parser.stream).lineno
            # A scope of its own, as transformers has it: names set in the block are gone after it.
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
