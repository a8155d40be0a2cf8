"""Whether it is time to train again, with the reasons: what is counted beyond what the project's settings allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.monitoring.document_drift import DocumentDrift
from core.monitoring.figures import Figures
from core.monitoring.question_drift import QuestionDrift
from core.settings import MonitoringSettings
from core.words import counted

Cause = Literal["thumbs down", "refused", "unsupported", "new questions", "documents changed", "evaluation worse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What is known of a model in use; None where it was not measured."""

    figures: Figures  # of its answers
    questions: QuestionDrift | None = None
    documents: DocumentDrift | None = None
    is_evaluation_worse: bool = False  # than the one before, on the same questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why it is time: `count` of `total` are more than the share `bound`; of an evaluation, all three are 0."""

    cause: Cause
    count: int = 0
    total: int = 0
    bound: float = 0.0


def reasons_of(signals: Signals, settings: MonitoringSettings) -> tuple[Reason, ...]:
    """Return why it is time to train again, the gravest first; nothing if it is not.

    A share counts from `settings.least` answers or questions on, that of documents always: there are few of them.
    """
    return tuple(_reasons(signals, settings))


def _reasons(signals: Signals, settings: MonitoringSettings) -> Iterator[Reason]:
    figures, questions, documents = signals.figures, signals.questions, signals.documents
    if signals.is_evaluation_worse:
        yield Reason(cause="evaluation worse")
    shares: list[tuple[Cause, int, int, float]] = [
        ("thumbs down", figures.down, figures.judged, settings.most_down),
        ("refused", figures.refused, figures.from_documents, settings.most_refused),
        ("unsupported", figures.unsupported, figures.from_documents, settings.most_unsupported),
    ]
    if questions and questions.threshold is not None:
        shares.append(("new questions", questions.unlike, questions.asked, settings.most_unlike))
    for cause, count, total, bound in shares:
        if total >= settings.least and count / total > bound:
            yield Reason(cause=cause, count=count, total=total, bound=bound)
    if documents and documents.total and documents.moved / documents.total > settings.most_changed:
        yield Reason(cause="documents changed", count=documents.moved, total=documents.total, bound=settings.most_changed)


def reason_words(reason: Reason) -> str:
    """Say a reason in a sentence."""
    if reason.cause == "evaluation worse":
        return "Evaluated again on the same questions, it answers worse than before."
    share = f"{reason.count:,} of {counted(reason.total, *_NOUNS[reason.cause])}"
    return f"{share} {_CLAIMS[reason.cause]} ({reason.count / reason.total:.0%}, more than {reason.bound:.0%})."


_NOUNS: dict[Cause, tuple[str, ...]] = {
    "thumbs down": ("answer with a thumb", "answers with a thumb"),
    "refused": ("answer from the documents", "answers from the documents"),
    "unsupported": ("answer from the documents", "answers from the documents"),
    "new questions": ("question",),
    "documents changed": ("document",),
}
_CLAIMS: dict[Cause, str] = {
    "thumbs down": "got a thumb down",
    "refused": "said that the documents do not tell",
    "unsupported": "had a sentence that no source supports",
    "new questions": "were unlike those that it was trained on",
    "documents changed": "are new, changed or gone since its questions were frozen",
}
