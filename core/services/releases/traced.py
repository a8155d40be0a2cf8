"""The records of a lineage, from a release back to the documents: ids, hashes and counts, never a text."""

from dataclasses import asdict, dataclass
from typing import Any

from core.records import ReviewState

# Each record says whether what it is about is still what it was: None means that it is not there to be looked at.


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRelease:
    """A release, and whether the file whose hash is stored is unchanged in its folder."""

    id: str
    format: str
    sha256: str
    created_at: str
    is_unchanged: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRun:
    """A run: what it learned, and the model that it began with (`is_model_unchanged` None if nobody looked)."""

    id: str
    number: int
    learned_sha256: str | None
    is_unchanged: bool | None
    model: str
    model_sha256: str
    is_model_unchanged: bool | None
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedVersion:
    """A dataset version."""

    id: str
    number: int
    sha256: str
    is_unchanged: bool | None
    train_count: int
    heldout_count: int
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRow:
    """A row of a dataset version: its hash, the pair it was and the passage of which approval it came from."""

    version_id: str
    sha256: str
    is_heldout: bool
    pair_id: str | None
    passage_id: str | None
    review_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPassage:
    """A passage of approved text, and how many rows came from it; `sha256` is None if its text is gone."""

    id: str
    review_id: str
    document_id: str
    sha256: str | None
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedReview:
    """An approval, and whether the approved text is still the same."""

    id: str
    document_id: str
    state: ReviewState
    approved_by: str | None
    proposed_by: str | None
    text_sha256: str
    anonymized_sha256: str
    is_unchanged: bool | None
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDecisions:
    """How many spans of the documents a person accepted and rejected; the person is None for spans nobody decided on."""

    person: str | None
    accepted: int
    rejected: int
    undecided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDocument:
    """A document as it was added; `name` is None unless it was asked for."""

    id: str
    sha256: str
    text_sha256: str | None
    is_unchanged: bool | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A lineage, from a release (None for that of a run) back to the documents."""

    release: TracedRelease | None
    runs: tuple[TracedRun, ...]  # the run, the one it went on from, and so on
    versions: tuple[TracedVersion, ...]
    rows: tuple[TracedRow, ...]
    passages: tuple[TracedPassage, ...]
    reviews: tuple[TracedReview, ...]
    decisions: tuple[TracedDecisions, ...]
    documents: tuple[TracedDocument, ...]
    lost_reviews: int  # approvals that rows name and of which there is no record any more

    @property
    def is_whole(self) -> bool:
        """Whether everything is there and still what it was."""
        checks = [
            *(each.is_unchanged for each in self.runs),
            *(each.is_unchanged for each in self.versions),
            *(each.is_unchanged for each in self.reviews),
            *(each.is_unchanged for each in self.documents),
            self.release is None or self.release.is_unchanged,
        ]
        models = [each.is_model_unchanged is not False for each in self.runs]
        return all(checks) and all(models) and not self.lost_reviews

    def as_json(self) -> dict[str, Any]:
        """Return the lineage as plain values, with `is_whole`."""
        return asdict(self) | {"is_whole": self.is_whole}
