"""Commands that take many options as one frozen record."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any


def taking(kind: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command each field of the dataclass `kind` as an option; it is called with one of it, last.

    A field has a default and is annotated as an option of typer, which reads a command's signature.
    """

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        *own, _ = inspect.signature(command).parameters.values()
        options = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=field.type,
            )
            for field in fields(kind)
        ]

        def called(**given: Any) -> None:
            chosen = kind(**{option.name: given.pop(option.name) for option in options})
            command(*(given[each.name] for each in own), chosen)

        called.__name__, called.__doc__ = command.__name__, command.__doc__
        called.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
        called.__annotations__ = {each.name: each.annotation for each in (*own, *options)}
        return called

    return with_options
