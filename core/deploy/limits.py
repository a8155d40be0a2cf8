"""How much a service takes in and gives out at most."""

from dataclasses import dataclass

HEAD_BYTES = 32 << 10  # of a request's first line and headers
HEAD_S = 10.0  # allowed for sending them
BODY_S = 30.0  # allowed for sending the body
STALL_S = 30.0  # without the client taking anything of an answer
CONNECTIONS = 256  # open at once, with a request or idle
DEEPEST = 64  # levels of nesting in a body: llama-server dies of a JSON schema with some thousands
QUESTION_CHARACTERS = 4000  # of a question that is looked up in documents: each of its words is
LOOK_S = 1.0  # between two looks whether a request that is being answered may still be


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an administrator may set."""

    requests_at_once: int = 32  # being answered or waiting for the engine
    requests_a_minute: int = 120  # of one key
    body_bytes: int = 1 << 20
    answer_tokens: int = 4096  # longest answer
    request_s: float = 600.0  # longest time for one request
    grace_s: float = 10.0  # to finish answers when the service is stopped
    slots: int = 4  # answers that the engine writes in parallel
