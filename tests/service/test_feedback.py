"""What programs say of answers: under the key of a question, checked, and handed on."""

import pytest

from core.deploy.feedback import PATH, Said
from core.records import LONGEST_SAID
from tests.service.conftest import Keys, Start
from tests.service.test_refused import error

SAID = {"question": "How much does it hold?", "answer": "14 tonnes.", "rating": "down"}
KEY = {"authorization": "Bearer gk-1"}


def test_feedback_is_handed_on_under_the_rights_of_a_key(start: Start) -> None:
    kept: list[Said] = []
    service = start(keys=Keys({"gk-1"}), keep_feedback=kept.append)
    assert error(service.client.post(PATH, json=SAID))[0] == 401
    response = service.client.post(PATH, json=SAID | {"correction": " 12 tonnes. "}, headers=KEY)
    assert (response.status_code, response.json()) == (200, {"object": "garrison.feedback", "kept": True})
    service.client.post(PATH, json=SAID | {"rating": None, "should_not_have_answered": True}, headers=KEY)
    said = {"question": "How much does it hold?", "answer": "14 tonnes."}
    assert kept == [
        Said(**said, rating="down", correction="12 tonnes.", should_not_have_answered=False),
        Said(**said, rating=None, correction=None, should_not_have_answered=True),
    ]
    assert 'endpoint="feedback",state="answered"} 2' in service.client.get("/metrics", headers=KEY).text


def test_what_cannot_be_used_is_named_and_nothing_is_kept(start: Start) -> None:
    kept: list[Said] = []
    service = start(keep_feedback=kept.append)
    for changes, param in (
        ({"question": ""}, "question"),
        ({"answer": None}, "answer"),
        ({"answer": "a" * (LONGEST_SAID + 1)}, "answer"),
        ({"rating": "good"}, "rating"),
        ({"rating": None}, "rating"),
        ({"rating": ["up"]}, "rating"),
        ({"correction": 7}, "correction"),
        ({"should_not_have_answered": "yes"}, "should_not_have_answered"),
        ({"person": "Ada"}, "person"),
    ):
        assert error(service.client.post(PATH, json=SAID | changes)) == (400, "invalid_value", param)
    assert service.client.post(PATH, json=[SAID]).status_code == 400 and service.client.get(PATH).status_code == 405
    assert kept == []


@pytest.mark.parametrize("said", [SAID])
def test_a_model_of_no_project_takes_no_feedback(start: Start, said: dict[str, str]) -> None:
    assert error(start().client.post(PATH, json=said)) == (404, "no_project", None)
