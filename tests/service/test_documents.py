"""Answers from documents, as other programs see them: the field that asks for one, and what supports it at the end."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.deploy.documents import Prepared
from core.deploy.door import Caller
from core.deploy.refusal import Refused
from tests.models.engine.standing import asked
from tests.service.conftest import Keys, Running, Start
from tests.service.test_answers import events
from tests.service.test_refused import error

WANTED = {"garrison": {"documents": True}}
NOT_TOLD = "The documents do not say."


@dataclass
class Shelf:
    """In place of a project: answers with `prompts`, and tells who asked what and which answer was looked at."""

    prompts: tuple[str, ...] = ("say Every 12 months.",)
    fault: Refused | Exception | None = None
    late_fault: Refused | None = None
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def prepare(self, caller: Caller, question: str) -> Prepared:
        self.asked.append((caller.key_id, question))
        if self.fault:
            raise self.fault
        return Prepared(prompts=self.prompts, refusal=NOT_TOLD, supporting=self.supporting)

    def supporting(self, answer: str) -> dict[str, Any]:
        self.answers.append(answer)
        if self.late_fault:
            raise self.late_fault
        return {"is_refused": answer == NOT_TOLD, "sources": [], "sentences": [{"text": answer, "citations": []}]}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def service(start: Start, shelf: Shelf) -> Running:
    return start(documents=shelf)


def prompts_of(log: Path) -> list[str]:
    """What the engine was asked."""
    return [bytes(entry["prompt"]).decode() for entry in asked(log) if "prompt" in entry]


def test_an_answer_comes_with_what_supports_it(service: Running, shelf: Shelf, asked_log: Path) -> None:
    told = service.ask("How often?", **WANTED).json()
    assert told["choices"][0]["message"]["content"] == "Every 12 months." and told["model"] == "tiny"
    assert told["garrison"]["sentences"] == [{"text": "Every 12 months.", "citations": []}]
    assert shelf.asked == [(None, "How often?")] and prompts_of(asked_log) == ["say Every 12 months."]
    assert service.used().tokens_out == 3


def test_a_streamed_answer_ends_with_an_event_that_clients_take_for_one_without_words(
    service: Running, shelf: Shelf
) -> None:
    response = service.ask("How often?", stream=True, stream_options={"include_usage": True}, **WANTED)
    *told, last, end = events(response)
    assert end == "[DONE]"
    pieces = [json.loads(each) for each in told]
    assert "".join(one["choices"][0]["delta"]["content"] for one in pieces if one["choices"]) == "Every 12 months."
    assert not any("garrison" in one for one in pieces) and pieces[-1]["usage"]["completion_tokens"] == 3
    found = json.loads(last)
    assert found["choices"] == [] and found["garrison"]["sentences"][0]["text"] == "Every 12 months."
    assert shelf.answers == ["Every 12 months."]


@pytest.mark.parametrize("is_stream", [False, True])
def test_what_the_documents_do_not_tell_is_asked_of_no_model(
    is_stream: bool, service: Running, shelf: Shelf, asked_log: Path
) -> None:
    shelf.prompts = ()
    response = service.ask("Who won?", stream=is_stream, stream_options={"include_usage": True}, **WANTED)
    if is_stream:
        *told, last, end = events(response)
        first, second, usage = map(json.loads, told)
        assert end == "[DONE]" and {one["object"] for one in (first, second, usage)} == {"chat.completion.chunk"}
        assert first["choices"][0]["delta"] == {"role": "assistant", "content": NOT_TOLD}
        assert second["choices"][0]["finish_reason"] == "stop" and usage["usage"]["total_tokens"] == 0
        told = json.loads(last)
        assert told["id"] == first["id"] and told["choices"] == []
    else:
        told = response.json()
        assert told["choices"][0]["message"] == {"role": "assistant", "content": NOT_TOLD}
        assert told["choices"][0]["finish_reason"] == "stop" and told["object"] == "chat.completion"
    assert told["garrison"]["is_refused"] and told["model"] == "tiny"
    assert prompts_of(asked_log) == []


@pytest.mark.parametrize("is_stream", [False, True])
def test_sources_are_cut_to_what_the_model_reads(is_stream: bool, service: Running, shelf: Shelf, asked_log: Path) -> None:
    shelf.prompts = ("x" * 3000, "x" * 2049, "say Every 12 months.")
    assert "12 months" in service.ask(stream=is_stream, **WANTED).text
    assert [len(each) for each in prompts_of(asked_log)] == [3000, 2049, 20]
    shelf.prompts = ("x" * 3000, "x" * 2049)
    assert error(service.ask(stream=is_stream, **WANTED)) == (400, "context_length_exceeded", "messages")
    assert shelf.answers == ["Every 12 months."]


def test_what_was_said_before_is_passed_on_as_it_was(service: Running, shelf: Shelf) -> None:
    before = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    parts = [{"type": "text", "text": "How"}, {"type": "text", "text": "often?"}]
    messages = [*before, {"role": "assistant", "content": "Good day."}, {"role": "user", "content": parts}]
    body = {"model": "tiny", "messages": messages} | WANTED
    assert service.client.post("/v1/chat/completions", json=body).json()["garrison"]
    assert shelf.asked == [(None, "How\noften?")]


@pytest.mark.parametrize("told", [None, {}, {"documents": False}])
def test_without_the_field_nothing_changes(told: object, service: Running, shelf: Shelf) -> None:
    assert set(service.ask(garrison=told).json()) == set(service.ask().json()) and shelf.asked == []
    assert events(service.ask(garrison=told, stream=True)) == events(service.ask(stream=True))


@pytest.mark.parametrize(
    "told",
    ["yes", True, 1, [], ["documents"], {"documents": "yes"}, {"documents": 1}, {"documents": None}, {"documents": {}},
     {"document": True}, {"documents": True, "project": "Others"}, {"documents": [True]}],
)  # fmt: skip
def test_a_field_of_another_kind_is_refused(told: object, service: Running, shelf: Shelf, asked_log: Path) -> None:
    assert error(service.ask(garrison=told)) == (400, "invalid_value", "garrison")
    assert shelf.asked == [] and prompts_of(asked_log) == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": [{"role": "assistant", "content": "Hello"}]}, "messages"),
        ({"messages": [{"role": {"user": 1}, "content": "Hello"}]}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "messages"),
        ({"messages": [{"role": "user", "content": []}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x" * 4001}]}, "messages"),
        ({"tools": [{"type": "function", "function": {"name": "look_up"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
    ],
)
def test_what_is_no_question_and_an_answer_in_another_form_are_refused(
    changes: dict[str, Any], param: str, service: Running, shelf: Shelf
) -> None:
    messages = [{"role": "user", "content": "How often?"}]
    body = {"model": "tiny", "messages": messages} | WANTED | changes
    assert error(service.client.post("/v1/chat/completions", json=body))[::2] == (400, param)
    assert shelf.asked == []
    assert service.ask("How often?", response_format={"type": "text"}, tools=[], **WANTED).status_code == 200


@pytest.mark.parametrize(("path", "prompt"), [("completions", "prompt"), ("responses", "input")])
def test_no_other_path_answers_without_documents_where_they_were_asked_for(path: str, prompt: str, service: Running) -> None:
    body = {"model": "tiny", prompt: "hello"} | WANTED
    assert error(service.client.post(f"/v1/{path}", json=body)) == (400, "unsupported_parameter", "garrison")


def test_a_service_without_documents_says_so(start: Start, asked_log: Path) -> None:
    assert error(start().ask(**WANTED)) == (400, "unsupported_parameter", "garrison")
    assert prompts_of(asked_log) == []


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "status"), [(Refused(403, "no_permission", "No."), 403), (Refused(500, "x", "No."), 500), (OSError("x"), 500)]
)
def test_where_documents_cannot_be_read_there_is_no_answer(
    fault: Exception, status: int, is_stream: bool, service: Running, shelf: Shelf, asked_log: Path
) -> None:
    shelf.fault = fault
    assert error(service.ask(stream=is_stream, **WANTED))[0] == status and prompts_of(asked_log) == []
    shelf.fault = None
    assert service.ask(**WANTED).status_code == 200


def test_an_answer_whose_sources_may_not_be_told_any_more_is_not_given(service: Running, shelf: Shelf) -> None:
    shelf.late_fault = Refused(409, "document_changed", "Ask again.")
    response = service.ask(**WANTED)
    assert error(response) == (409, "document_changed", None) and "12 months" not in response.text
    *_, last = events(service.ask(stream=True, **WANTED))
    assert json.loads(last)["error"]["code"] == "document_changed"  # and no [DONE]


def test_documents_are_told_whose_key_it_is(start: Start, shelf: Shelf) -> None:
    service = start(documents=shelf, keys=Keys({"gk-1"}))
    assert service.ask(**WANTED).status_code == 401 and shelf.asked == []
    service.client.headers["authorization"] = "Bearer gk-1"
    assert service.ask("How often?", **WANTED).status_code == 200 and shelf.asked == [("gk-1", "How often?")]


def test_the_engine_that_ends_leaves_an_error_and_no_sources(service: Running, shelf: Shelf) -> None:
    shelf.prompts = ("crash SIGKILL",)
    *_, last = events(service.ask(stream=True, **WANTED))
    assert json.loads(last)["error"]["code"] == "engine_gone" and shelf.answers == []
