"""What a job is started with and what it makes, as typed records: the database keeps their plain values as JSON.

Each module of `core.services` that does the work of a kind of job declares both, as `Params` and `Result`.
"""

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic.fields import FieldInfo

from core.errors import Hint, InputError
from core.records import Job
from core.settings import Settings


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("A path or name is a text.")  # which pydantic does not turn into a ValidationError
    return value


# A path or file name in parameters. No version of Garrison stores anything but a text there, so another type is a defect and
# no fault of whoever resumes the job.
PathText = Annotated[str, PlainValidator(_text)]


class JobParams(Settings):
    """Base of what jobs are started with; unknown names are errors."""

    kind: ClassVar[str]  # its name in `core.jobs.kinds.KINDS`

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Self:
        """Validate stored `values`; an error in nested settings names their field without the parameter's name.

        Raises:
            InputError: there are unknown, missing or unusable ones, as another version of Garrison may have stored.
        """
        return super().from_values({name: _settings(cls.model_fields.get(name), value) for name, value in values.items()})

    def as_json(self) -> dict[str, Any]:
        """Return the values to store: those that were given."""
        return self.model_dump(exclude_unset=True)


def _settings(field: FieldInfo | None, value: Any) -> Any:
    """Return the settings that `value` holds the values of, if `field` takes settings; else `value` as it is."""
    inner = field.annotation if field else None
    if isinstance(inner, type) and issubclass(inner, Settings) and isinstance(value, dict):
        return inner.from_values(value)
    return value


class JobResult(BaseModel):
    """Base of what jobs make. A field that an earlier version did not store needs a default."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: ClassVar[str]  # its name in `core.jobs.kinds.KINDS`

    @classmethod
    def find(cls, job: Job) -> Self | None:
        """Return the job's result; None if it has none, is of another kind, or another version stored it otherwise."""
        if job.kind != cls.kind or not job.result:
            return None
        try:
            return cls(**job.result)
        except ValidationError:
            return None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the result of a job that is done.

        Raises:
            InputError: there is none that this version can read.
        """
        result = cls.find(job)
        if result is None:
            hint = Hint("Look at what was stored.", command=f"garrison jobs show {job.id}")
            raise InputError(f"Job {job.id} has no result that this version can read.", hint)
        return result

    def as_json(self) -> dict[str, Any]:
        """Return the values to store."""
        return self.model_dump()
