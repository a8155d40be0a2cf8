"""A request that is not answered: the HTTP status and OpenAI's shape of an error."""

from typing import Any

# `type` of OpenAI's error object by HTTP status: https://platform.openai.com/docs/guides/error-codes
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


class Refused(Exception):
    """Raised for a request that gets an error in place of an answer."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, retry_after_s: int | None = None
    ) -> None:
        """Build the refusal.

        Args:
            status: of HTTP.
            code: for programs, such as "context_length_exceeded".
            message: for people; shown to whoever asked and to nobody else.
            param: field of the request that is at fault.
            retry_after_s: seconds after which asking again makes sense.
        """
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.param, self.retry_after_s = param, retry_after_s

    @property
    def error(self) -> dict[str, Any]:
        """The error object."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"message": self.message, "type": kind, "param": self.param, "code": self.code}


class PromptTooLong(Refused):
    """Raised for a prompt that the model cannot read as a whole."""


class ClientGone(Exception):
    """Whoever asked has closed the connection."""


def unusable(message: str, param: str | None = None, *, code: str = "invalid_value") -> Refused:
    """Build the refusal of a request with a fault in it."""
    return Refused(400, code, message, param=param)


def engine_gone() -> Refused:
    """Build the refusal for a request whose answer broke off, or cannot begin, because the engine ended."""
    return Refused(503, "engine_gone", "The model's engine ended and is being started again. Try again.", retry_after_s=2)


def stopping() -> Refused:
    """Build the refusal for a request that would outlive the service."""
    return Refused(503, "service_stopping", "The service is being stopped.")
