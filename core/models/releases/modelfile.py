"""A Modelfile for Ollama beside an exported GGUF: the file, its template in Go's words, and what ends an answer.

A chat template is a program, and Go's templates are another language. It is put into that language only if it is one of a
simple form: fixed text before, between and after the messages. The form is read off examples and then held against other
conversations; a template that writes any of them otherwise is left out, with a comment that says so.
Formats: ollama, `docs/modelfile.md` and `docs/template.md`; quoting as in its `parser/parser.go`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.models.conversation import Vocabulary, fitting, turn_of
from core.models.templates import render

NAME = "Modelfile"
LEFT_OUT = (
    "# No TEMPLATE: the chat template in the GGUF cannot be put into Ollama's language without changing what it writes.\n"
    "# Give one that you have checked yourself, or use a program that reads the template in the file (llama.cpp's server).\n"
)
_SPOKEN = (
    "\u241fsystem\u241f",
    "\u241fone\u241f",
    "\u241ftwo\u241f",
    "\u241fthree\u241f",
    "\u241ffour\u241f",
    "\u241ffive\u241f",
)
_TRIED = ("Where is it?", "In the box: {'a': 1}.\n\n2. Below <b>it</b>.", "Why?", "1,000 caf\u00e9s", "So?", "Yes.", "And?")

Conversation = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleForm:
    """The fixed text of a chat template: before, between and after the messages of a conversation."""

    first: str  # before the first question
    before_system: str
    after_system: str  # before the first question, too, if an instruction comes first
    answer: str  # between a question and its answer
    question: str  # between an answer and the next question
    prompt: str  # after the last question

    def render(self, messages: Conversation) -> str:
        """Return what the form makes of a conversation that ends with a question."""
        written = ""
        for number, message in enumerate(messages):
            is_last, content = number == len(messages) - 1, message["content"]
            if message["role"] == "system":
                written += self.before_system + content + self.after_system
            elif message["role"] == "user":
                written += (self.first if number == 0 else "") + content + (self.prompt if is_last else self.answer)
            else:
                written += content + self.question
        return written

    def in_go(self) -> str | None:
        """Return the form as a template of Ollama's; None if its text would not be text there."""
        texts = (self.first, self.before_system, self.after_system, self.answer, self.question, self.prompt)
        if any("{{" in text or '"""' in text for text in texts):
            return None
        last = "{{ if $last }}%s{{ else }}%s{{ end }}"
        return (
            "{{ range $i, $_ := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}"
            f'{{{{ if eq .Role "system" }}}}{self.before_system}{{{{ .Content }}}}{self.after_system}'
            f'{{{{ else if eq .Role "user" }}}}{{{{ if eq $i 0 }}}}{self.first}{{{{ end }}}}{{{{ .Content }}}}'
            + last % (self.prompt, self.answer)
            + '{{ else if eq .Role "assistant" }}{{ .Content }}'
            + last % ("", self.question)
            + "{{ end }}{{ end }}"
        )


def modelfile(file: str, vocabulary: Vocabulary, template: str) -> str:
    """Return the text of a Modelfile for the GGUF `file`, which lies beside it.

    Raises:
        InputError: the template rejects a question with an answer.
    """
    form = simple_form(vocabulary, template)
    written = form.in_go() if form else None
    turn = turn_of(vocabulary, template)
    ends = sorted(mark for mark, token in vocabulary.marks.items() if token in turn.ends)
    stops = [f"PARAMETER stop {_quoted(stop)}\n" for stop in (*ends, *turn.stops) if '"""' not in stop]
    body = f'TEMPLATE """{written}"""\n' if written is not None else LEFT_OUT
    return f"FROM ./{file}\n\n{body}\n{''.join(stops)}"


def simple_form(vocabulary: Vocabulary, template: str) -> SimpleForm | None:
    """Return the simple form of a chat template; None if it has none, or tells the time."""
    if "strftime_now" in template:
        return None
    system, *spoken = _SPOKEN
    try:
        plain, instructed = (
            _split(_rendered(vocabulary, template, messages), texts)
            for messages, texts in ((_talk(spoken), spoken), (_talk(spoken, system), [system, *spoken]))
        )
        if plain is None or instructed is None:
            return None
        first, answer, question, *_, prompt = plain
        form = SimpleForm(
            first=first,
            before_system=instructed[0],
            after_system=instructed[1],
            answer=answer,
            question=question,
            prompt=prompt,
        )
        tried = [_talk(_TRIED[:count], system) for count in (1, 3, 5, 7) for system in ("", "Be brief; {x}.")]
        is_right = all(form.render(messages) == _rendered(vocabulary, template, messages) for messages in tried)
    except InputError:
        return None
    return form if is_right else None


def _talk(texts: Sequence[str], system: str = "") -> list[dict[str, str]]:
    """Return a conversation of questions and answers in turn, after an instruction if one is given."""
    turns = [{"role": "assistant" if number % 2 else "user", "content": text} for number, text in enumerate(texts)]
    return ([{"role": "system", "content": system}] if system else []) + turns


def _rendered(vocabulary: Vocabulary, template: str, messages: Conversation) -> str:
    """Return a prompt without the mark that begins every text, which Ollama puts there by itself."""
    bos, eos = vocabulary.bos_token, vocabulary.eos_token
    text = render(template, fitting(template, messages), bos_token=bos, eos_token=eos, add_generation_prompt=True)
    return text.removeprefix(bos) if vocabulary.opening is not None else text


def _split(rendered: str, texts: Sequence[str]) -> list[str] | None:
    """Return what stands before, between and after `texts`; None if one of them is missing or written twice."""
    parts, rest = [], rendered
    for text in texts:
        if rest.count(text) != 1:
            return None
        before, _, rest = rest.partition(text)
        parts.append(before)
    return [*parts, rest]


def _quoted(text: str) -> str:
    return f'"""{text}"""' if '"' in text or "\n" in text else f'"{text}"'
