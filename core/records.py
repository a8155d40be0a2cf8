"""The records that flow through Garrison, in the order they are created.

    document -> passage -> span -> review -> question pair -> dataset version -> run -> evaluation -> release

Each is frozen, has an id, and identifies its source by SHA-256. Offsets count characters
(Unicode code points), end exclusive. Times are ISO 8601 in UTC. SHA-256 values are hexadecimal.
What is not known, or not there yet, is None.
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
Treatment = Literal["surrogate", "tag", "mask", "remove", "keep"]
PairState = Literal["kept", "dropped"]
PairOrigin = Literal["generated", "imported", "written", "feedback"]
SplitBy = Literal["document", "passage", "wording"]
ModelFormat = Literal["gguf", "safetensors", "adapter", "spacy", "onnx", "embedding"]
BaseProof = Literal["", "hash", "name", "shapes"]  # by what an adapter is known to belong to its base
PartRole = Literal["system", "question", "answer"]
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
    "good enough changed",
    "chat retention changed",
    "chats deleted",
    "question pairs carried over",
    "dataset version built",
    "dataset version exported",
    "question pairs exported",
    "question pairs kept",
    "question pairs dropped",
    "decisions on pairs removed",
    "question pair edited",
    "question pair added",
    "question pair split",
    "question pairs merged",
    "filters applied",
    "act on pairs undone",
    "preferences added",
    "preferences removed",
    "feedback set aside",
    "feedback opened again",
    "documents exported",
    "run trained",
    "leak test run",
    "leak limit changed",
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
    "key added",
    "key revoked",
    "service started",
    "service stopped",
    "model in use set",
    "model in use rolled back",
    "monitoring changed",
    "access refused",
]
ListKind = Literal["deny", "allow"]
AnswerOutcome = Literal["right", "wrong", "refused"]
AnswerState = Literal["writing", "complete", "cut", "repeating", "stopped", "broken off", "unchecked"]
Thumb = Literal["up", "down"]
WayIntoUse = Literal["by hand", "automatic", "rolled back"]
NoteOrigin = Literal["summary", "beginnings"]  # by the model, or the beginnings of the questions where it could not
Kept = Literal["until-deleted", "days", "not-kept"]
LONGEST_SAID = 20_000  # characters of a question, an answer or a correction in feedback
MarkingLevel = Literal["unclassified", "restricted", "confidential", "secret", "top-secret"]

SEARCH_VERSION = 1  # of the personal data search; incremented whenever the search learns to find more


def new_id(prefix: str) -> str:
    """Generate a short random id such as `run-4f1c9a2be0`: 40 random bits, safe in file names and URLs."""
    return f"{prefix}-{secrets.token_hex(5)}"


def now() -> str:
    """Return the current time in UTC as ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The person acting. People are identified by `id` (see `core.identity`), never by how a name is spelled."""

    id: str
    name: str  # shown to others and kept with every decision
    is_authenticated: bool = False  # if False, the name is declared and unverified


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRetention:
    """How long a project keeps what is said, in chats, feedback and series, and in what form."""

    kept: Kept = "until-deleted"  # by whose they are; "not-kept": while they are open, a day at most
    days: int | None = None  # after the last message, if they are kept for days
    masked_since: str | None = None  # from when on personal data is masked before anything is stored; None: it is not

    @property
    def is_masked(self) -> bool:
        """Whether personal data is masked before anything is stored."""
        return self.masked_since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A body of documents and everything made from it. `policy` says how approval is given.

    Under the two-person rule nobody approves what they proposed; "auto" turns it on once a second person has acted.
    """

    id: str
    name: str
    policy: Policy = "each-document"
    is_sample: bool = False
    two_person: TwoPersonRule = "auto"
    sample_size: int = 60  # passages without a span to read before a proposal; 0 for none
    highest_marking: MarkingLevel = "unclassified"  # a document marked above it is refused
    leak_limit: float | None = None  # share of removed values that an exported run may give away at most; None: no limit
    good_enough: float = 0.6  # share of right answers from which a model is good enough to use, above 0 and up to 1
    retention: ChatRetention = field(default_factory=ChatRetention)
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
    """A file somebody added. Its text is stored once in the workspace; `problem` says what a person must know."""

    id: str
    project_id: str
    name: str  # the original file name, shown to people, never used as a path
    kind: str  # "pdf", "docx", …; "pairs" for imported question pairs
    size_bytes: int
    sha256: str  # of the file
    text_sha256: str | None  # of the text; None if it could not be read
    state: DocumentState
    problem: str = ""
    page_count: int = 0
    word_count: int = 0
    language: str | None = None
    analyzed_sha256: str | None = None  # of the text last searched for personal data; None before the first search
    search_version: int | None = None  # `SEARCH_VERSION` of that search; None before versions were numbered
    marking: str | None = None  # the document's classification marking, such as "SECRET//NOFORN"; None if it bears none
    marking_level: int | None = 0  # from 0 (none or unclassified) to 4 (top secret); None: read before they were detected
    created_at: str

    @property
    def is_analyzed(self) -> bool:
        """Whether exactly this text has been searched for personal data."""
        return self.text_sha256 is not None and self.analyzed_sha256 == self.text_sha256

    @property
    def is_classified(self) -> bool:
        """Whether it is known to be marked above unclassified."""
        return self.marking_level is not None and self.marking_level > 0

    @property
    def is_search_outdated(self) -> bool:
        """Whether this text was searched by an older version of the search, which finds less than the current one."""
        return self.is_analyzed and (self.search_version is None or self.search_version < SEARCH_VERSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A message of an imported conversation: characters `start` to `end` of the text that its passage's offsets refer to."""

    role: PartRole
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document that ends with a sentence: characters `start` to `end` of its text."""

    id: str
    document_id: str
    index: int  # position in the document, from 0
    start: int
    end: int
    heading: str  # the headings above it, joined by " > "
    page: str  # label of the page where it starts
    token_count: int
    text: str
    parts: tuple[Part, ...] = ()  # of an imported conversation; other passages have none


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A detector's result: `score` is from 0 to 1, `detector` holds one name or several (see `core.detectors`)."""

    start: int
    end: int
    entity: str
    score: float
    detector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A found piece of personal data in a document. It is masked unless a reviewer rejected it or its type is kept."""

    id: str
    document_id: str
    start: int
    end: int
    entity: str
    score: float
    detector: str  # as in `Detection`; "reviewer" when a person added it
    state: SpanState = "detected"
    reviewer: str | None = None  # who decided on it; None if nobody did
    surrogate: str = ""  # what replaces it in the anonymized text, or words for people if nothing does
    treatment: Treatment = "surrogate"  # what `surrogate` is: an invented value, a label, blocks, or words for people


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """A text declared to be personal data wherever it occurs (`deny`), or never (`allow`). Itself personal data."""

    id: str
    project_id: str  # "" for every project of this workspace
    kind: ListKind
    text: str
    entity: str  # the type of personal data; "" on an allow list
    added_by: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomPattern:
    """A pattern whose matches are personal data; `definition` holds its parts or, if read from a file, an expression."""

    id: str
    project_id: str  # "" for every project of this workspace
    name: str
    definition: dict[str, Any]
    entity: str
    added_by: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Counts of what nobody had looked at when a text was approved; all 0 if everything was looked at."""

    undecided: int = 0  # spans nobody decided on; they are replaced
    unsampled: int = 0  # sample passages nobody read
    unsearched: int = 0  # anonymized texts without a second search: 0 or 1 per document

    def __bool__(self) -> bool:
        """Return whether anything was left unread."""
        return bool(self.undecided or self.unsampled or self.unsearched)

    def __add__(self, other: "Unread") -> "Unread":
        """Add the counts of another document."""
        return Unread(
            undecided=self.undecided + other.undecided,
            unsampled=self.unsampled + other.unsampled,
            unsearched=self.unsearched + other.unsearched,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A proposal for one document and its outcome, bound to exactly one text and the anonymized text made from it.

    The figures say what was done to catch what the detectors missed: passages without a span that a person read, and
    what a second, different search of the anonymized text found. See `core.services.review.figures`.
    """

    id: str
    document_id: str
    reviewer: str | None  # who approved or returned it; None if nobody did
    reviewer_id: str | None = None  # None in reviews from before people had ids
    is_authenticated: bool = False  # both people signed in; if False, their names are declared and unverified
    proposer: str | None = None
    proposer_id: str | None = None
    text_sha256: str
    anonymized_sha256: str
    span_count: int  # spans masked
    sampled: int = 0  # passages without a span that were read
    missed: int = 0  # how many of those contained personal data
    unread_count: int | None = None  # passages without a span that nobody read; None if not known
    second_found: int | None = None  # places the second search took for personal data; None if there was none
    second_detector: str | None = None
    unread: Unread | None = None  # what nobody had looked at; None in reviews older than this record
    state: ReviewState = "approved"
    reason: str = ""  # why it was withdrawn, or the comment it was returned with
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier question and answer of the conversation that a pair belongs to."""

    input: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPair:
    """A question (`input`) and its answer (`output`), with a reference to their anonymized source, the evidence.

    `quote` is the evidence; `quote_start` and `quote_end` are its offsets in the anonymized text of review `review_id`.
    """

    id: str
    project_id: str
    input: str
    output: str
    origin: PairOrigin
    state: PairState = "kept"
    reason: str = ""  # why it was dropped: a name of `DROP_REASONS` in core/questions/filters/registry.py
    document_id: str
    document_name: str
    review_id: str | None = None  # of the approved text it came from; None for imports not yet approved
    passage_id: str | None = None
    page: str = ""
    quote: str = ""
    quote_start: int = 0
    quote_end: int = 0
    system: str = ""  # instruction before the conversation; "" if there is none
    history: tuple[Turn, ...] = ()  # the conversation so far, oldest turn first
    writer: str | None = None  # name of the writer in `core.questions.writers`; None unless generated
    kind: str | None = None  # what is asked for, as in "definition": a name of `core.questions.kinds`
    wording: str | None = None  # how it is asked, as in "open" or "cloze": a name of `core.questions.kinds`
    fact: str | None = None  # id that the pairs on one fact share; None if not known
    decided: PairState | None = None  # what a person decided, which no filter changes; None if nobody did
    changed_by: str | None = None  # who decided, edited or added it last
    changed_at: str | None = None
    edited_by: str | None = None  # who wrote its question or answer, or changed them last; None if no person did
    feedback_id: str | None = None  # of the feedback that it was made from, which may be gone; None if of none
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenText:
    """A text that a model wrote about an approved passage, for continued training; `way` names the prompt it used."""

    id: str
    project_id: str
    document_id: str
    review_id: str  # of the approved text it was written about
    passage_id: str
    way: str
    text: str
    state: PairState = "kept"
    reason: str = ""  # why it was dropped: a name of `TEXT_REASONS` in core/questions/text_filters.py
    job_id: str | None = None  # the job whose other results it waits for; None once it counts
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairMeasures:
    """What was measured of a question pair, because it takes long; None where it was not, or does not apply.

    Figures only, never a text. They hold as long as `sha256` is that of the pair (`core.questions.filters.measuring`).
    """

    pair_id: str
    project_id: str
    sha256: str  # of all that the figures depend on
    is_whole: bool | None = None  # the parser finds the question whole
    language_fit: float | None = None  # likelihood that the question is in the language of its document, 0 to 1
    personal_count: int | None = None  # pieces of personal data that its document does not hold
    ungrounded_count: int | None = None  # numbers, names and units that its evidence does not hold
    with_passage: float | None = None  # token F1 of a model's answer that has the passage before it
    without_passage: float | None = None  # the same without it
    judged: float | None = None  # a model's judgment, 0 to 1
    embedding: bytes | None = None  # of the question and answer, one signed byte per dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """Frozen rows: `train.jsonl` and `heldout.jsonl`; `sha256` is over both.

    Each document or each passage is on one side, as `split` says.
    """

    id: str
    project_id: str
    number: int  # from 1
    sha256: str
    train_count: int
    heldout_count: int
    risk: dict[str, Any] = field(default_factory=dict)  # of the approvals it is based on: `core.services.review.risk_of`
    parents: tuple[str, ...] = ()  # ids of the versions it came from
    split: SplitBy = "passage"
    card: dict[str, Any] = field(default_factory=dict)  # `core.questions.dataset.Card`; {} if it is older than cards
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training run: a dataset version, a base model and settings in; an adapter out."""

    id: str
    project_id: str
    number: int  # from 1 in its project
    dataset_id: str
    dataset_sha256: str
    model: str
    model_sha256: str
    settings: dict[str, Any]  # TrainingSettings as a mapping
    is_finished: bool = False
    adapter_sha256: str | None = None  # None until it has finished
    metrics: dict[str, Any] = field(default_factory=dict)
    risk: dict[str, Any] = field(default_factory=dict)  # copied from its dataset version
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A comparison of base model and tuned model on held-out questions; `scores` is laid out as in `core.evaluation`.

    `is_good_enough` says whether enough of the run's answers were right, by the bound that the project had then; None in
    evaluations that are older than that question.
    """

    id: str
    project_id: str
    run_id: str
    adapter_sha256: str | None  # the run's
    questions_sha256: str
    question_count: int
    scores: dict[str, Any]
    verdict: str
    is_good_enough: bool | None = None
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInUse:
    """A run that a project's people use from a moment on. All of a project's are its history; the newest one counts."""

    id: str
    project_id: str
    number: int  # from 1 in its project
    run_id: str
    way: WayIntoUse
    reason: str = ""  # a person's, why this run although it is not shown to be as good as the one before
    set_by: str  # name of who said so, or who started what put it in use
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of the trainings of an experiment: its model, its settings, and the jobs that train it and evaluate its run."""

    model: str
    settings: dict[str, Any]  # TrainingSettings as a mapping
    varied: dict[str, Any]  # of these, the settings in which the variants differ
    train_job_id: str
    evaluate_job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Several trainings on one dataset version, each followed by an evaluation, to be compared."""

    id: str
    project_id: str
    number: int  # from 1 in its project
    dataset_id: str
    dataset_sha256: str
    goal: str
    variants: tuple[Variant, ...]  # in the order in which they are trained
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnGoal:
    """A goal of a project's own: settings for a model under a name; `settings` is TrainingSettings as a mapping."""

    id: str
    project_id: str
    name: str
    model: str
    settings: dict[str, Any]
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSetup:
    """Who answers in a conversation, and how."""

    answerer: str  # id of a run, or name of a model or a host
    instruction: str = ""  # said to the model before the first question; "" for none
    temperature: float = 0.0  # 0 gives the likeliest answer; the higher, the freer
    longest_tokens: int = 2048  # longest answer
    from_documents: bool = False  # answers rest on the project's approved documents, or say that these do not tell
    remembers: bool = False  # the model is told what the person was told before in this project, where it fits a question


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatNote:
    """What a model is told in place of a conversation's earlier turns."""

    text: str
    until: int  # number of the last turn that it tells of; it begins with the first
    origin: NoteOrigin
    is_edited: bool = False  # the person has changed its words


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A person's conversation with a model or a run; its questions and answers are `ChatTurn`s."""

    id: str
    project_id: str
    person_id: str | None  # whose it is; None for the operating system account
    title: str
    is_pinned: bool = False
    setup: ChatSetup
    note: ChatNote | None = None  # None while the model reads all turns themselves
    created_at: str
    updated_at: str  # when a question was asked last


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPace:
    """How long an answer took: times in seconds, lengths in tokens."""

    first_s: float  # from the question to the first words
    whole_s: float
    read_count: int | None = None  # of the prompt; None if the answer did not come to its end, as below
    cached_count: int | None = None  # of these, known from before
    token_count: int | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The place of words that a model was told again: the piece of a turn that begins with character `start`.

    It holds no words, so that what is deleted is gone wherever it was remembered.
    """

    turn_id: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """A question of a conversation and its answer, as far as it was written.

    "cut" is an answer that reached its longest, "repeating" one that was ended because it only repeated itself, and "broken
    off" one whose writer has gone, as after a crash or a reload; of an "unchecked" one nothing was stored, since it could
    not be searched for personal data.
    """

    id: str
    conversation_id: str
    number: int  # from 1
    question: str
    answer: str = ""
    state: AnswerState = "writing"
    answerer: str  # who answered: id of a run, or name of a model or a host
    pace: ChatPace | None = None  # None while it is written
    sources: dict[str, Any] = field(default_factory=dict)  # `DocumentAnswer` as JSON; {} if nothing was looked up
    remembered: tuple[Remembered, ...] = ()  # what the model was told again with the question, best first
    thumb: Thumb | None = None  # what the person thinks of the answer
    correction: str | None = None  # what it should have been, in the person's words
    is_unanswerable: bool = False  # whether it should have been that the documents do not say
    is_replaced: bool = False  # asked again, and kept for what the person thought of it
    is_forgotten: bool = False  # never to be remembered
    created_at: str
    written_at: str  # when the answer was last stored

    @property
    def is_judged(self) -> bool:
        """Whether the person said what they think of the answer."""
        return self.thumb is not None or self.correction is not None or self.is_unanswerable


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person, or a program, said of an answer; all that others see of the conversation that it stands in.

    It goes with its conversation. What was made of it, a question pair or a preference, names its id and stays.
    """

    id: str
    project_id: str
    turn_id: str | None = None  # of the answer in a conversation; None if a program said it
    question: str
    answer: str
    answerer: str  # who answered: id of a run, or name of a model or a host
    sources: dict[str, Any] = field(default_factory=dict)  # `DocumentAnswer` as JSON; {} if nothing was looked up
    thumb: Thumb | None = None
    correction: str | None = None  # what the answer should have been
    is_unanswerable: bool = False  # whether it should have been that the documents do not say
    set_aside_by: str | None = None  # who decided that nothing is made of it; None if nobody did
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A question with an answer that is preferred to another one, about a passage of approved text; see objective "dpo".

    It was made from feedback or from a vote, which may be gone.
    """

    id: str
    project_id: str
    document_id: str
    review_id: str  # of the approved text that it is about
    passage_id: str
    question: str
    chosen: str
    rejected: str
    feedback_id: str | None = None
    comparison_id: str | None = None
    added_by: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAnswer:
    """One of several answers to the same question."""

    answerer: str  # id of a run, or name of a model or a host
    version: str  # SHA-256 of the adapter or the model that answered; "" if it is not known
    text: str
    whole_s: float
    from_documents: bool = False  # whether it read the project's approved documents first


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Which answer a person found better, by its number from 0; None if none of them is."""

    better: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A question with the answers of two to four models, in the order in which a person saw them, and his vote."""

    id: str
    project_id: str
    person_id: str | None  # whose it is; None for the operating system account
    question: str
    answers: tuple[ComparedAnswer, ...]
    is_blind: bool  # whether the person voted before he knew who had answered
    vote: Vote | None = None  # None until there is one
    series_id: str | None = None  # the series whose answers these are; None if they were asked for by themselves
    series_number: int | None = None  # of the question in that series
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesAnswerer:
    """One of those who answer a series, as it was when the series began. SHA-256 values are "" where they are not known."""

    answerer: str  # id of a run, or name of a model or a host
    title: str  # as people know it
    version: str  # of the adapter or the model
    from_documents: bool = False  # whether it reads the project's approved documents before each answer
    documents_sha256: str = ""  # of what was approved then, if it reads them
    base: str = ""  # of a run: name of its base model
    base_sha256: str = ""
    dataset_number: int | None = None  # of a run: its dataset version
    dataset_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The same questions to two to four answerers, asked by a job; all who may chat in the project see the answers."""

    id: str
    project_id: str
    person_id: str | None  # who began it; None for the operating system account
    made_by: str  # that person's name, or the account's
    number: int  # from 1 in its project
    questions: str  # name of the file; "" for questions that were held out of training
    questions_sha256: str  # of the file; of held-out questions, of their rows
    question_count: int
    answerers: tuple[SeriesAnswerer, ...]
    settings: dict[str, Any]  # temperature, longest_tokens
    job_id: str
    created_at: str
    words_deleted_at: str | None = None  # when its questions and answers were, which the project keeps no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuestion:
    """A question of a series, with the right answer if there is one."""

    series_id: str
    project_id: str
    number: int  # from 1
    question: str
    reference: str  # "" if no right answer is known
    system: str = ""  # instruction before the conversation
    history: tuple[Turn, ...] = ()  # the conversation so far, oldest turn first
    is_answerable: bool = True  # False if a refusal is what is right
    was_trained_on: bool = False  # by one of the answerers: it counts for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSource:
    """A passage of approved text that an answer of a series was given from."""

    document: str  # its name
    page: str  # label of the page where it begins; "" if there are none
    passage_id: str

    @property
    def words(self) -> str:
        """Where it stands, and its id."""
        return ", ".join(filter(None, (self.document, self.page, self.passage_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesAnswer:
    """What one answerer of a series said to one of its questions; without a right answer, `f1` and `outcome` are None."""

    series_id: str
    project_id: str
    number: int  # of the question
    side: int  # position of the answerer, from 0
    text: str
    state: AnswerState = "complete"  # "cut" and "repeating" as in a `ChatTurn`
    problem: str = ""  # why there is no answer, in a sentence; "" if there is one
    whole_s: float
    f1: float | None = None  # token F1, 0 to 1
    outcome: AnswerOutcome | None = None
    sources: tuple[SeriesSource, ...] = ()  # what the model read before it answered from the documents, the best first


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInstruction:
    """An instruction that a project keeps under a name, to begin conversations with."""

    id: str
    project_id: str
    name: str
    text: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An export of a run: its format and path, and the SHA-256 of its GGUF file or of its `SHA256SUMS`.

    Of releases that are older than their cards, `card` is {} and `sums_sha256` None.
    """

    id: str
    project_id: str
    run_id: str
    format: ReleaseFormat
    path: str
    sha256: str
    sums_sha256: str | None = None  # of its `SHA256SUMS`, which names every file
    signer: str | None = None  # fingerprint of the key that signed it; None if nobody did
    card: dict[str, Any] = field(default_factory=dict)  # `core.models.releases.card.ReleaseCard`
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which version of a document. Only ids, hashes and counts; never a text, a file name or a reason."""

    sequence: int  # from 1, without a gap
    created_at: str
    account: str  # the operating system account it was done under
    actor: str  # the name the person gave, or the account if nobody was asked
    action: AuditAction
    subjects: dict[str, str]  # ids by kind: project, document, review, …
    hashes: dict[str, str]  # SHA-256 values by what was hashed
    counts: dict[str, int]
    previous_sha256: str  # of the entry before
    sha256: str = ""  # of the entry's canonical JSON, which contains all of the above


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model on this machine. `path` is the GGUF file or the model's folder.

    `training_fault` says in a sentence why it cannot be trained; "" if it can, or if nobody looked. The base is that of an
    adapter: the name of another model on this machine, its SHA-256, what the adapter says it was made for, and the proof.
    """

    name: str
    path: str
    format: ModelFormat
    size_bytes: int
    sha256: str
    license: str = ""
    source: str = ""
    is_embedded: bool = False
    training_fault: str = ""
    base: str = ""
    base_sha256: str = ""
    made_for: str = ""
    base_proof: BaseProof = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that takes longer than a second: a row in the database and a process of its own."""

    id: str
    kind: str
    project_id: str | None = None  # None if it works in no project, or makes one
    person_id: str | None = None  # who started it; None for the operating system account
    params: dict[str, Any] = field(default_factory=dict)
    key: str = ""  # starting a job with the key of one that is queued or running returns that job
    needs_accelerator: bool = False
    state: JobState = "queued"
    done: float = 0.0  # progress, in `unit`
    total: float | None = None  # None until it has said
    unit: str = ""
    message: str = ""  # what it is doing right now, in words
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    hint: str = ""  # what to do about the error, in words
    hint_command: str = ""  # the command that does it, if there is one
    is_cancel_requested: bool = False
    pid: int | None = None  # of the process that runs it, or ran it last; None before there is one
    pid_started: float | None = None  # creation time of that process, seconds since 1970
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None
    progress_at: str | None = None  # when `done` last changed
    launched_s: float | None = None  # when a process was last started for it, seconds since 1970; None if one is due
