"""What OpenAI's own Python client makes of a running service: `python -m tests.service.openai_client URL MODEL [KEY]`.

Run by hand, with an environment that has `openai`; the tests beside it hold the same shapes without it.
"""

import argparse
import asyncio
import json
import math
from collections.abc import Callable

import openai

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}


class Tried:
    """A service, its model, and what was seen of them."""

    def __init__(self, url: str, model: str, key: str) -> None:
        self.url, self.model, self.key = url, model, key
        self.client = openai.OpenAI(base_url=url, api_key=key, timeout=600, max_retries=0)

    def models(self) -> str:
        names = [model.id for model in self.client.models.list()]
        assert self.model in names and self.client.models.retrieve(self.model).id == self.model
        return ", ".join(names)

    def chat(self) -> str:
        told = self.client.chat.completions.create(model=self.model, messages=QUESTION, max_tokens=16, temperature=0)
        assert told.model == self.model and told.usage and told.usage.completion_tokens <= 16
        return f"{told.choices[0].message.content!r}, {told.usage.prompt_tokens} in, {told.usage.completion_tokens} out"

    def stream(self) -> str:
        pieces, usage = [], None
        for chunk in self.client.chat.completions.create(
            model=self.model, messages=QUESTION, max_tokens=16, temperature=0, stream=True,
            stream_options={"include_usage": True},
        ):  # fmt: skip
            pieces += [choice.delta.content or "" for choice in chunk.choices]
            usage = chunk.usage or usage
        assert usage and usage.completion_tokens <= 16
        return f"{''.join(pieces)!r}, {usage.completion_tokens} out"

    def completions(self) -> str:
        told = self.client.completions.create(
            model=self.model, prompt="The capital of France is", max_tokens=5, temperature=0
        )
        return repr(told.choices[0].text)

    def responses(self) -> str:
        told = self.client.responses.create(model=self.model, input="What is the capital of France?", max_output_tokens=16)
        assert told.output_text and told.usage
        return f"{told.output_text!r}, {told.usage.output_tokens} out"

    def responses_stream(self) -> str:
        pieces, last = [], None
        for event in self.client.responses.create(model=self.model, input="Hello", max_output_tokens=8, stream=True):
            if event.type == "response.output_text.delta":
                pieces.append(event.delta)
            last = event.type
        assert last == "response.completed"
        return repr("".join(pieces))

    def schema(self) -> str:
        form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": CITY}}
        told = self.client.chat.completions.create(
            model=self.model, messages=QUESTION, max_tokens=64, temperature=0, response_format=form
        )
        assert set(json.loads(told.choices[0].message.content or "")) == {"city"}
        return repr(told.choices[0].message.content)

    def tools(self) -> str:
        tool = {"type": "function", "function": {"name": "look_up", "parameters": CITY}}
        told = self.client.chat.completions.create(model=self.model, messages=QUESTION, max_tokens=48, tools=[tool])
        return f"{told.choices[0].finish_reason}, {len(told.choices[0].message.tool_calls or ())} calls"

    def embeddings(self) -> str:
        told = self.client.embeddings.create(model="minilm", input=["The pump is broken.", "A pump failed.", "I like tea."])
        first, second, third = (each.embedding for each in told.data)

        def alike(one: list[float], other: list[float]) -> float:
            return (
                math.sumprod(one, other) if hasattr(math, "sumprod") else sum(a * b for a, b in zip(one, other, strict=True))
            )

        assert alike(first, second) > alike(first, third)
        return f"{len(first)} numbers, {alike(first, second):.2f} > {alike(first, third):.2f}"

    def documents(self) -> str:
        """Answers from the documents, where the service has any."""
        told, field = self.client.chat.completions, {"garrison": {"documents": True}}
        try:
            whole = told.create(model=self.model, messages=QUESTION, max_tokens=16, extra_body=field)
        except openai.BadRequestError as error:
            return f"{error.status_code} {error.code}"
        *_, last = told.create(model=self.model, messages=QUESTION, max_tokens=16, extra_body=field, stream=True)
        assert last.choices == [] and set(last.garrison) == set(whole.garrison) == {"is_refused", "sources", "sentences"}  # type: ignore[attr-defined]
        with told.stream(model=self.model, messages=QUESTION, max_tokens=16, extra_body=field) as stream:
            assert stream.get_final_completion().choices[0].finish_reason
        return f"{whole.choices[0].message.content!r}, {len(whole.garrison['sources'])} sources"  # type: ignore[attr-defined]

    def too_long(self) -> str:
        return refused(openai.BadRequestError, lambda: self._say("word " * 20_000))

    def too_large(self) -> str:
        return refused(openai.APIStatusError, lambda: self._say("x" * (2 << 20)))

    def unknown_model(self) -> str:
        return refused(openai.NotFoundError, lambda: self.client.chat.completions.create(model="gpt-9", messages=QUESTION))

    def wrong_key(self) -> str:
        other = openai.OpenAI(base_url=self.url, api_key="gk-0123456789-wrong", max_retries=0)
        if self.key == "none":
            return "no key is needed"
        return refused(openai.AuthenticationError, lambda: other.models.list())

    def twenty_at_once(self) -> str:
        async def ask(number: int) -> int:
            async with openai.AsyncOpenAI(base_url=self.url, api_key=self.key, timeout=600, max_retries=0) as client:
                told = await client.chat.completions.create(
                    model=self.model, messages=[{"role": "user", "content": f"Count to {number}."}], max_tokens=12
                )
                return len(told.choices)

        async def ask_all() -> list[int]:
            return await asyncio.gather(*(ask(number) for number in range(20)))

        assert asyncio.run(ask_all()) == [1] * 20
        return "20 of 20 answered"

    def _say(self, words: str) -> None:
        self.client.chat.completions.create(model=self.model, messages=[{"role": "user", "content": words}], max_tokens=4)


def refused(kind: type[openai.APIStatusError], act: Callable[[], object]) -> str:
    try:
        act()
    except kind as error:
        return f"{error.status_code} {error.code}: {error.body and error.body['message']}"  # type: ignore[index]
    raise AssertionError("It was answered.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="such as http://127.0.0.1:8600/v1")
    parser.add_argument("model")
    parser.add_argument("key", nargs="?", default="none")
    asked = parser.parse_args()
    tried = Tried(asked.url, asked.model, asked.key)
    for act in (
        tried.models, tried.chat, tried.stream, tried.completions, tried.responses, tried.responses_stream, tried.schema,
        tried.tools, tried.embeddings, tried.documents, tried.too_long, tried.too_large, tried.unknown_model,
        tried.wrong_key, tried.twenty_at_once,
    ):  # fmt: skip
        print(f"{act.__name__:17} {act()}", flush=True)


if __name__ == "__main__":
    main()
