"""The records that flow through Garrison, in the order in which they come into being.

    document -> passage -> span -> review -> question pair -> dataset version -> run -> evaluation -> release

Each is frozen, has an id, and names by SHA-256 what it came from. Offsets count characters
(Unicode code points), end exclusive. Times are ISO 8601 in UTC. SHA-256 values are hexadecimal.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Policy = Literal["each-document", "all-at-once"]
DocumentState = Literal["read", "unreadable"]
SpanState = Literal["detected", "accepted", "rejected"]
ReviewState = Literal["approved", "withdrawn"]
PairState = Literal["kept", "dropped"]
PairOrigin = Literal["generated", "imported", "written"]
ModelFormat = Literal["gguf", "safetensors", "spacy", "onnx"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ReleaseFormat = Literal["adapter", "merged", "gguf"]
Role = Literal["administrator", "owner", "expert", "reviewer", "approver", "auditor"]
AuditAction = Literal[
    "log begun",
    "document added",
    "document removed",
    "project deleted",
    "detection run",
    "names spread",
    "spans accepted",
    "spans rejected",
    "span added",
    "decision undone",
    "review approved",
    "review withdrawn",
    "dataset version built",
    "question pairs exported",
    "run trained",
    "release made",
    "signed in",
    "signed out",
    "role granted",
    "role revoked",
    "member added",
    "member removed",
    "access refused",
]


def new_id(prefix: str) -> str:
    """A short random id such as `run-4f1c9a2be0`: 40 random bits, safe in file names and URLs."""
    return f"{prefix}-{secrets.token_hex(5)}"


def now() -> str:
    """The current time, ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts. People are told apart by `id` (see `core.identity`), never by how a name is written."""

    id: str
    name: str  # shown to others and kept with every decision
    is_authenticated: bool = False  # else the name is declared: nobody checked it


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One body of documents and what was made from it. `policy` says how approval is given."""

    id: str
    name: str
    policy: Policy = "each-document"
    is_sample: bool = False
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, sheet or slide: characters `start` to `end` of the document's text."""

    number: int  # from 1
    label: str  # "page 3", "sheet Costs", "slide 2"
    start: int
    end: int
    is_ocr: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file somebody brought. Its text lies once in the workspace; `problem` says what a person must know."""

    id: str
    project_id: str
    name: str  # the file name as brought, shown to people, never used as a path
    kind: str  # "pdf", "docx", …; "pairs" for imported question pairs
    size_bytes: int
    sha256: str  # of the file
    text_sha256: str  # of the text; "" while unreadable
    state: DocumentState
    problem: str = ""
    page_count: int = 0
    word_count: int = 0
    language: str = ""
    analyzed_sha256: str = ""  # of the text in which personal data was looked for; "" before that
    created_at: str

    @property
    def is_analyzed(self) -> bool:
        """Whether personal data was looked for in exactly this text."""
        return bool(self.text_sha256) and self.analyzed_sha256 == self.text_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document that ends at a sentence end: characters `start` to `end` of its text."""

    id: str
    document_id: str
    index: int  # position in the document, from 0
    start: int
    end: int
    heading: str  # the headings above it, joined by " > "
    page: str  # label of the page where it starts
    token_count: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a detector found: `score` is 0 to 1, `detector` one name or several joined by "+"."""

    start: int
    end: int
    entity: str
    score: float
    detector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of personal data in a document. It is masked unless a reviewer rejected it."""

    id: str
    document_id: str
    start: int
    end: int
    entity: str
    score: float
    detector: str  # "reviewer" when a person added it
    state: SpanState = "detected"
    reviewer: str = ""
    surrogate: str = ""  # what replaces it in the anonymized text


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A reviewer's approval of one document: from exactly this text, giving exactly that anonymized text."""

    id: str
    document_id: str
    reviewer: str
    text_sha256: str
    anonymized_sha256: str
    span_count: int  # spans masked
    state: ReviewState = "approved"
    reason: str = ""  # why it was withdrawn
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPair:
    """A question (`input`) and its answer (`output`), with the way back to the anonymized source.

    `quote_start` and `quote_end` are offsets in the anonymized text of review `review_id`.
    """

    id: str
    project_id: str
    input: str
    output: str
    origin: PairOrigin
    state: PairState = "kept"
    reason: str = ""  # why it was dropped: the name of a filter
    document_id: str
    document_name: str
    review_id: str = ""  # of the approved text it came from; "" for imports not yet approved
    passage_id: str = ""
    page: str = ""
    quote: str = ""
    quote_start: int = 0
    quote_end: int = 0
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """Frozen rows: `train.jsonl` and `heldout.jsonl`, split by passage; `sha256` is over both."""

    id: str
    project_id: str
    number: int  # from 1
    sha256: str
    train_count: int
    heldout_count: int
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training: a dataset version, a model and settings in; an adapter out."""

    id: str
    project_id: str
    number: int  # from 1 in its project
    dataset_id: str
    dataset_sha256: str
    model: str
    model_sha256: str
    settings: dict[str, Any]  # TrainingSettings as a mapping
    is_finished: bool = False
    adapter_sha256: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Base against tuned on held-out questions; `scores` and `answers` as in `core.evaluation`."""

    id: str
    project_id: str
    run_id: str
    adapter_sha256: str
    questions_sha256: str
    question_count: int
    scores: dict[str, Any]
    verdict: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What was exported from a run, where to, and the SHA-256 of its GGUF file or of its `SHA256SUMS`."""

    id: str
    project_id: str
    run_id: str
    format: ReleaseFormat
    path: str
    sha256: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which version of a document. Ids, hashes and counts alone; never a text, a file name or a reason."""

    sequence: int  # from 1, without a gap
    created_at: str
    account: str  # of the operating system, under which it was done
    actor: str  # the name that the person gave; the account where nobody was asked
    action: AuditAction
    subjects: dict[str, str]  # ids by what they name: project, document, review, …
    hashes: dict[str, str]  # SHA-256 values by what they are of
    counts: dict[str, int]
    previous_sha256: str  # of the entry before
    sha256: str = ""  # over the entry's canonical JSON, which holds all of the above


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model on this machine. `path` is the GGUF file or the model's folder."""

    name: str
    path: str
    format: ModelFormat
    size_bytes: int
    sha256: str
    license: str = ""
    source: str = ""
    is_embedded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that takes longer than a second: a row here and a process of its own."""

    id: str
    kind: str
    project_id: str = ""
    person_id: str = ""  # who started it; "" for whoever has the files
    params: dict[str, Any] = field(default_factory=dict)
    key: str = ""  # starting the same key twice gives the same job while it is queued or running
    needs_accelerator: bool = False
    state: JobState = "queued"
    done: float = 0.0  # progress, in `unit`
    total: float = 0.0  # 0 while not known
    unit: str = ""
    message: str = ""  # what it is doing now, in words
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    hint: str = ""
    is_cancel_requested: bool = False
    pid: int = 0
    pid_started: float = 0.0  # creation time of that process, seconds since 1970
    created_at: str
    started_at: str = ""
    finished_at: str = ""
    progress_at: str = ""  # when `done` last changed
    launched_s: float = 0.0  # when a process was last started for it, seconds since 1970
