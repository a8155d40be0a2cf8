"""Chat templates render as transformers renders them."""

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from core.errors import InputError
from core.models.templates import FALLBACK_TEMPLATE, render

MESSAGES = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": " Where is pump <4>? "},
    {"role": "assistant", "content": " In bay \u201csix\u201d. "},
]
# The forms in which published templates (SmolLM3, Phi-4, Granite) say which words are the model's.
GENERATION = [
    "{% for message in messages %}{% if message.role == 'assistant' %}<|im_start|>assistant\n"
    "{% generation %}{{ message.content + '<|im_end|>\n' }}{% endgeneration %}"
    "{% else %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "{%- for message in messages -%}\n  {%- if message['role'] == 'assistant' -%}\n"
    "    {{- '<|assistant|>' }}\n    {%- generation -%}\n      {{- message['content']|trim + '<|end|>' }}\n"
    "    {%- endgeneration -%}\n  {%- else -%}\n    {{- '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}\n"
    "  {%- endif -%}\n{%- endfor -%}",
    "{% for message in messages %}{% generation %}\n{% set said = message.content|trim %}{{ said }}\n"
    "{% endgeneration %}\n[{{ said }}]{% endfor %}",
]
OTHERS = [
    FALLBACK_TEMPLATE,
    "{{ tools is none }} {{ documents is defined }} {{ messages|tojson }} {{ messages|tojson(indent=2, sort_keys=true) }}",
    "{% for message in messages %}{% if loop.index > 2 %}{% break %}{% endif %}{{ message.content }}{% endfor %}",
]


@pytest.mark.parametrize("template", [*GENERATION, *OTHERS])
@pytest.mark.parametrize("add_generation_prompt", [False, True])
def test_text_is_that_of_transformers(template, add_generation_prompt):
    ours = render(template, MESSAGES, bos_token="<s>", eos_token="</s>", add_generation_prompt=add_generation_prompt)
    theirs, _ = render_jinja_template(
        [MESSAGES],
        chat_template=template,
        add_generation_prompt=add_generation_prompt,
        bos_token="<s>",
        eos_token="</s>",
    )
    assert ours == theirs[0]
    assert "Be short." in ours


@pytest.mark.parametrize(
    "template",
    [
        "{% generation %}{{ messages[0].content }}",
        "{{ messages[9].content }}",
        "{{ messages[0].content.index('nowhere') }}",
        "{{ 1 / 0 }}",
        "{{ messages[0].content.nothing.at.all }}",
    ],
)
def test_template_that_breaks_is_an_input_error(template):
    with pytest.raises(InputError, match="chat template"):
        render(template, MESSAGES)
