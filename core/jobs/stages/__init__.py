"""The kinds of job. Each joins one room of `core` with the storage: read records, call it, store what comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.jobs.context import JobContext


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: the function `run` in `module` does it; `title` is what people see."""

    title: str
    module: str
    needs_accelerator: bool = False

    def run(self, context: "JobContext") -> dict[str, Any]:
        """Do the work; gives the job's result."""
        result: dict[str, Any] = _function(self.module)(context)
        return result


def _function(module: str) -> Callable[["JobContext"], dict[str, Any]]:
    function: Callable[[JobContext], dict[str, Any]] = import_module(f"core.jobs.stages.{module}").run
    return function


KINDS = {
    "read": Kind("Read documents", "reading"),
    "anonymize": Kind("Find personal data", "anonymization"),
    "import": Kind("Import question pairs", "pair_import"),
    "generate": Kind("Write question pairs", "generation", needs_accelerator=True),
    "train": Kind("Train a model", "training", needs_accelerator=True),
    "evaluate": Kind("Compare base and tuned model", "evaluation", needs_accelerator=True),
    "export": Kind("Export a model", "export", needs_accelerator=True),
    "demo": Kind("The whole path on the sample documents", "demo", needs_accelerator=True),
}
