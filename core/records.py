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
ReviewState = Literal["proposed", "returned", "approved", "withdrawn"]
TwoPersonRule = Literal["auto", "on", "off"]
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
    "span type changed",
    "span borders changed",
    "sample read",
    "second search run",
    "review proposed",
    "review returned",
    "review approved",
    "review withdrawn",
    "two-person rule changed",
    "sample size changed",
    "dataset version built",
    "question pairs exported",
    "documents exported",
    "run trained",
    "release made",
    "treatment changed",
    "surrogates given anew",
    "way back set up",
    "way back opened",
    "way back refused",
    "way back passphrase changed",
    "way back turned off",
    "list entries added",
    "list entries removed",
    "pattern added",
    "pattern removed",
    "lists applied",
    "document refused",
    "highest marking set",
    "signed in",
    "signed out",
    "role granted",
    "role revoked",
    "member added",
    "member removed",
    "access refused",
]
ListKind = Literal["deny", "allow"]
MarkingLevel = Literal["unclassified", "restricted", "confidential", "secret", "top-secret"]

SEARCH_VERSION = 1  # of the search for personal data; a search that finds what it left before gets the next number


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
    """One body of documents and what was made from it. `policy` says how approval is given.

    With the two-person rule nobody approves what they proposed; "auto" is on as soon as a second person has acted.
    """

    id: str
    name: str
    policy: Policy = "each-document"
    is_sample: bool = False
    two_person: TwoPersonRule = "auto"
    sample_size: int = 60  # passages without a finding that are read before a proposal; 0 for none
    highest_marking: MarkingLevel = "unclassified"  # a document marked above it is refused
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
    search_version: int = 0  # `SEARCH_VERSION` of that search; 0: it ended before versions were counted
    marking: str = ""  # the classification marking it bears, such as "SECRET//NOFORN"; "" for none
    marking_level: int = 0  # 0 none or unclassified, to 4 top secret; -1: read before markings were looked for
    created_at: str

    @property
    def is_analyzed(self) -> bool:
        """Whether personal data was looked for in exactly this text."""
        return bool(self.text_sha256) and self.analyzed_sha256 == self.text_sha256

    @property
    def is_search_outdated(self) -> bool:
        """Whether the search that looked at this text is older than the one that would look now, and found less."""
        return self.is_analyzed and self.search_version < SEARCH_VERSION


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


# What a span of a type that is kept holds in place of a surrogate; people read it as it is.
KEPT = "\u27e8stays readable\u27e9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of personal data in a document. It is masked unless a reviewer rejected it or its type is kept."""

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
class ListEntry:
    """A text that people say is personal data wherever it stands (`deny`), or never is (`allow`). Itself personal data."""

    id: str
    project_id: str  # "" for every project of this workspace
    kind: ListKind
    text: str
    entity: str  # the type of personal data; "" on an allow list
    added_by: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternRule:
    """A pattern whose matches are personal data; `definition` holds its parts or, from a file, an expression."""

    id: str
    project_id: str  # "" for every project of this workspace
    name: str
    definition: dict[str, Any]
    entity: str
    added_by: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Count what nobody had looked at when a text was approved: three times 0 where everything was looked at."""

    undecided: int = 0  # marks that nobody decided on; they are replaced
    unsampled: int = 0  # passages of the sample that nobody read
    unsearched: int = 0  # anonymized texts that were not searched a second time: 0 or 1 of one document

    def __bool__(self) -> bool:
        """Tell whether anything was left unread."""
        return bool(self.undecided or self.unsampled or self.unsearched)

    def __add__(self, other: "Unread") -> "Unread":
        """Add what was left unread in another document."""
        return Unread(
            undecided=self.undecided + other.undecided,
            unsampled=self.unsampled + other.unsampled,
            unsearched=self.unsearched + other.unsearched,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was proposed for one document and what became of it: exactly this text, giving exactly that anonymized text.

    The figures say what was done against what the detectors missed: passages without a finding that a person read, and
    what a second, different search of the anonymized text found. See `core.privacy.review.figures`.
    """

    id: str
    document_id: str
    reviewer: str  # who approved or returned it; "" while it is proposed
    reviewer_id: str = ""
    is_authenticated: bool = False  # of both persons; else their names are declared, and nobody checked them
    proposer: str = ""
    proposer_id: str = ""
    text_sha256: str
    anonymized_sha256: str
    span_count: int  # spans masked
    sampled: int = 0  # passages without a finding that were read
    missed: int = 0  # of these, how many held something
    unread_count: int = -1  # passages without a finding that nobody read; -1 where that is not known
    second_found: int = -1  # places that the second search took for personal data; -1 where there was none
    second_detector: str = ""
    unread: Unread | None = None  # what nobody had looked at; None where that was not recorded yet
    state: ReviewState = "approved"
    reason: str = ""  # why it was withdrawn, or the comment with which it was returned
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
    risk: dict[str, Any] = field(default_factory=dict)  # of the approvals it rests on: `core.privacy.review.risk_of`
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
    risk: dict[str, Any] = field(default_factory=dict)  # that of its dataset version
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
