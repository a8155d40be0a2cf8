"""The card of a release, `model-card.md` and `model-card.json`: figures, hashes and counts, never a text of a document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

CARD_TEXT, CARD_JSON = "model-card.md", "model-card.json"
USE = (
    "Answers questions on the documents that it was trained on, for people who know the subject and can check an answer.",
    "Not for decisions that nobody checks, and not for questions on other subjects: it was not measured on them.",
)
LIMITS = (
    "It can be wrong and sounds sure either way. What it was not trained on it may invent.",
    "It knows the documents as they were when its dataset version was frozen, and nothing that changed since.",
    "Personal data was replaced before training as far as it was found. The figures below say what may have been missed.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The model that was trained. `license` is None if it states none."""

    name: str
    sha256: str
    license: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A dataset version that was trained on."""

    id: str
    number: int
    sha256: str
    train_count: int
    heldout_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How many documents a person approved, and when first and last; the person is None if nobody is known."""

    by: str | None
    documents: int
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A score of the run and of its base model, with the run's 95 % interval."""

    name: str
    base: float
    tuned: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one exported file answered, beside the run that it was made from.

    Scores are token F1, 0 to 1. `perplexity` is that of the right answers. `divergence` is the mean KL divergence from the
    run over `positions` places of the right answers, in nats; `agreement` the share of places with the same likeliest token.
    """

    quantization: str
    size_bytes: int
    questions: int
    score: float
    run_score: float
    equal: float  # share of answers that are the same, word for word
    perplexity: float | None = None
    run_perplexity: float | None = None
    divergence: float | None = None
    agreement: float | None = None
    positions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCard:
    """What the card says; sentences are for people, records for programs."""

    release_id: str
    created_at: str
    format: str
    quantization: str | None
    base: Base
    runs: tuple[str, ...]  # the run, the one that it went on from, and so on
    data: tuple[Data, ...]
    approvals: tuple[Approval, ...]
    risk: tuple[str, ...]
    unread: str | None
    verdict: str | None  # None if the run was not evaluated
    figures: tuple[Figure, ...]
    question_count: int
    forgetting: str | None
    leaks: tuple[str, ...]
    tokens: str  # on what was compared between training and the exported file
    tried: tuple[Tried, ...] = ()
    document_names: tuple[str, ...] = ()  # only if whoever exports asked for them
    note: str | None = None
    use: tuple[str, ...] = USE
    limits: tuple[str, ...] = LIMITS

    def as_json(self) -> str:
        """Return the card as a JSON document."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def as_text(self) -> str:
        """Return the card as Markdown."""
        kind = f"{self.format} ({self.quantization})" if self.quantization else self.format
        parts = [
            f"# {self.base.name}, tuned with Garrison",
            f"**{self.unread}**" if self.unread else "",
            _list(
                f"Release {self.release_id}, {kind}, made {self.created_at[:10]}",
                f"Run: {', which went on from '.join(self.runs)}",
                f"Base model: {self.base.name}, license: {self.base.license or 'not stated'}, SHA-256 {self.base.sha256}",
                *(_data_words(each) for each in self.data),
            ),
            self.note or "",
            f"## Use\n\n{_list(*self.use)}",
            f"## Limits\n\n{_list(*self.limits)}",
            f"## Approval\n\n{_list(*map(_approval_words, self.approvals), *self.risk)}",
            f"## Evaluation\n\n{self.verdict or 'This run was not evaluated.'}",
            _figures(self.figures, self.question_count),
            f"## General knowledge\n\n{self.forgetting}" if self.forgetting else "",
            f"## Leak test\n\n{_list(*self.leaks)}",
            f"## The exported file\n\n{self.tokens}",
            _tried(self.tried) if self.tried else "",
            f"## Documents\n\n{_list(*self.document_names)}" if self.document_names else "",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def tried_of(card: Mapping[str, Any]) -> list[Tried]:
    """Return the tried files of a card as it is stored; none of a release that is older than cards."""
    return [Tried(**each) for each in card.get("tried", ())]


def tried_row(tried: Tried) -> dict[str, str]:
    """Return how a tried file answered, in words by what they are about."""
    likeness = "not measured"
    if tried.divergence is not None and tried.agreement is not None:
        likeness = f"{tried.divergence:.4f} ({tried.agreement:.0%} the same word)"
    return {
        "File": tried.quantization,
        "MB": f"{tried.size_bytes / 1e6:,.0f}",
        "Score": f"{tried.score:.2f}",
        "Score of the run": f"{tried.run_score:.2f}",
        "Same answers": f"{tried.equal:.0%}",
        "Perplexity": _number(tried.perplexity),
        "of the run": _number(tried.run_perplexity),
        "KL divergence (nats)": likeness,
    }


def tried_words(tried: Sequence[Tried]) -> str:
    """Return what a table of tried files rests on, in sentences."""
    return (
        f"Asked {tried[0].questions} questions held out, always the likeliest word. The score is token F1, 0 to 1. "
        f"Perplexity is that of the right answers: lower is better. The divergence from the run is measured at "
        f"{tried[0].positions} places of them: 0 is no difference."
    )


def _tried(tried: Sequence[Tried]) -> str:
    rows = [tried_row(each) for each in tried]
    return f"{tried_words(tried)}\n\n{_table(list(rows[0]), [list(row.values()) for row in rows])}"


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"


def _data_words(data: Data) -> str:
    counts = f"{data.train_count:,} question pairs to train on, {data.heldout_count:,} held out"
    return f"Dataset version {data.number}: {counts}, SHA-256 {data.sha256}"


def _approval_words(approval: Approval) -> str:
    documents = "1 document" if approval.documents == 1 else f"{approval.documents:,} documents"
    first, last = approval.first[:10], approval.last[:10]
    return f"{approval.by or 'Nobody known'} approved {documents}, {first if first == last else f'{first} to {last}'}."


def _figures(figures: Sequence[Figure], question_count: int) -> str:
    if not figures:
        return ""
    rows = [(each.name, f"{each.base:.3f}", f"{each.tuned:.3f}", f"{each.low:.3f} to {each.high:.3f}") for each in figures]
    table = _table(("Score", "Base model", "This model", "95 % interval"), rows)
    return f"Asked {question_count:,} questions.\n\n{table}"


def _list(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
