"""What a service counts: requests, tokens, seconds. Numbers only, never a word of what was asked or answered."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

State = Literal["answered", "refused", "failed", "left"]  # left: whoever asked closed the connection


@dataclass(slots=True)
class Metered:
    """One request, while it is answered."""

    state: State = "answered"
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was used of a service within some time."""

    requests: int = 0
    refused: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0  # of all requests together

    def __add__(self, other: "Use") -> "Use":
        """Add what was used within another time."""
        return Use(
            requests=self.requests + other.requests,
            refused=self.refused + other.refused,
            failed=self.failed + other.failed,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            seconds=self.seconds + other.seconds,
        )


@dataclass(slots=True)
class Meters:
    """Counts since the service began. Not thread-safe: only the event loop's thread counts."""

    requests: Counter[tuple[str, State]] = field(default_factory=Counter)  # by endpoint and how they ended
    total: Use = field(default_factory=Use)
    in_flight: int = 0
    engine_restarts: int = 0
    is_engine_up: bool = False
    _untaken: Use = field(default_factory=Use)

    @contextmanager
    def request(self, endpoint: str) -> Iterator[Metered]:
        """Count a request to `endpoint` from its arrival to the end of its answer."""
        metered, began_s = Metered(), time.perf_counter()
        self.in_flight += 1
        try:
            yield metered
        finally:
            self.in_flight -= 1
            self.requests[endpoint, metered.state] += 1
            self._add(
                Use(
                    requests=1,
                    refused=int(metered.state == "refused"),
                    failed=int(metered.state == "failed"),
                    tokens_in=metered.tokens_in,
                    tokens_out=metered.tokens_out,
                    seconds=time.perf_counter() - began_s,
                )
            )

    def take(self) -> Use:
        """Return what was used since the last call."""
        taken, self._untaken = self._untaken, Use()
        return taken

    def put_back(self, use: Use) -> None:
        """Undo a `take` whose result could not be stored."""
        self._untaken = self._untaken + use

    def _add(self, use: Use) -> None:
        self.total, self._untaken = self.total + use, self._untaken + use

    def text(self) -> str:
        """Format the counts for Prometheus: text exposition format 0.0.4."""
        requests = {
            f'{{endpoint="{endpoint}",state="{state}"}}': number
            for (endpoint, state), number in sorted(self.requests.items())
        }
        return "".join(
            (
                _metric("garrison_requests_total", "counter", "Requests by endpoint and how they ended.", requests),
                _metric("garrison_tokens_in_total", "counter", "Tokens of prompts.", {"": self.total.tokens_in}),
                _metric("garrison_tokens_out_total", "counter", "Tokens of answers.", {"": self.total.tokens_out}),
                _metric("garrison_request_seconds_total", "counter", "Seconds of requests.", {"": self.total.seconds}),
                _metric("garrison_requests_in_flight", "gauge", "Requests being answered.", {"": self.in_flight}),
                _metric("garrison_engine_restarts_total", "counter", "Starts after a crash.", {"": self.engine_restarts}),
                _metric("garrison_engine_up", "gauge", "Whether the engine answers.", {"": int(self.is_engine_up)}),
            )
        )


def _metric(name: str, kind: str, words: str, values: Mapping[str, float]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    return "\n".join([*lines, *(f"{name}{labels} {value}" for labels, value in values.items())]) + "\n"
