"""A few passages written about: their pairs and texts as they are stored, and counts of what the model made of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from core.models.text import TextGenerator
from core.questions import find_writer
from core.questions.filters import NOT_FOUND
from core.questions.writers.fitting import Room, fitted, text_tokens
from core.questions.writers.writer import Candidate, Excerpt, PassageText, Reply
from core.records import Document, Passage, Project, QuestionPair, Review, WrittenText, new_id, now
from core.services.questions.writing.excerpts import Surroundings
from core.services.questions.writing.texts import TextJudge
from core.settings import GenerationSettings
from core.storage.written_passages import WrittenPassage

Approved = tuple[Document, Review, Passage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What came of the requests to a model, and how many passages were longer than it reads."""

    asked: int = 0
    malformed: int = 0
    refused: int = 0
    ungrounded: int = 0
    cut: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Add the counts of other passages."""
        return Counts(**{name: number + getattr(other, name) for name, number in asdict(self).items()})

    def __bool__(self) -> bool:
        """Return whether anything was counted."""
        return any(asdict(self).values())

    def as_text(self) -> str:
        """Return the counts as they are stored with a job."""
        return ",".join(str(number) for number in asdict(self).values())

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> "Counts":
        """Add up stored counts."""
        names = [field.name for field in fields(cls)]
        return sum((cls(**dict(zip(names, map(int, text.split(",")), strict=False))) for text in texts), cls())


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """What was written about a few passages."""

    passages: list[WrittenPassage]
    texts: list[WrittenText]
    counts: Counts


class BatchWriter:
    """Writes about a few passages at a time, in one way with one model."""

    def __init__(self, project: Project, surroundings: Surroundings, judge: TextJudge, settings: GenerationSettings) -> None:
        """Open nothing yet; the settings name the way of writing."""
        self._project, self._surroundings, self._judge, self._settings = project, surroundings, judge, settings
        self.writer = find_writer(settings.writer)

    def write(self, batch: Sequence[Approved], generator: TextGenerator, room: Room | None) -> WrittenBatch:
        """Write about some passages; all pairs get the same timestamp, so that they stay in the order of the passages.

        Raises:
            ModelError: the model failed.
            InputError: the model reads too little for this way of writing.
        """
        parts = [self._fitted(self._surroundings.excerpt(*approved), room) for approved in batch]
        sources = {passage.id: (document, review, passage) for document, review, passage in batch}
        pairs: defaultdict[str, list[QuestionPair]] = defaultdict(list)
        outcomes: list[str] = []
        texts: list[PassageText] = []
        created_at = now()
        for written in self.writer.write([part for each in parts for part in each], generator, self._settings):
            match written:
                case Reply():
                    outcomes.append(written.outcome)
                case PassageText():
                    texts.append(written)
                case Candidate():
                    pair = self._pair(sources[written.passage_id], written, created_at=created_at)
                    pairs[written.passage_id].append(pair)
        counts = Counts(
            asked=len(outcomes),
            malformed=outcomes.count("malformed"),
            refused=outcomes.count("refused"),
            ungrounded=sum(pair.reason == NOT_FOUND.name for each in pairs.values() for pair in each),
            cut=sum(len(each) > 1 for each in parts),
        )
        return WrittenBatch(_passages(batch, pairs), self._judge.judged(texts, sources), counts)

    def _fitted(self, excerpt: Excerpt, room: Room | None) -> list[Excerpt]:
        free = text_tokens(self.writer, self._settings, room) if room else None
        return fitted(excerpt, free, room.count) if room and free else [excerpt]

    def _pair(self, source: Approved, candidate: Candidate, *, created_at: str) -> QuestionPair:
        document, review, passage = source
        is_ungrounded = not candidate.quote and candidate.kind != "unanswerable"
        return QuestionPair(
            id=new_id("pair"),
            project_id=self._project.id,
            input=candidate.question,
            output=candidate.answer,
            origin="generated",
            state="dropped" if is_ungrounded else "kept",
            reason=NOT_FOUND.name if is_ungrounded else "",
            document_id=document.id,
            document_name=document.name,
            review_id=review.id,
            passage_id=passage.id,
            page=passage.page,
            quote=candidate.quote,
            quote_start=candidate.start,
            quote_end=candidate.end,
            writer=self.writer.name,
            kind=candidate.kind,
            wording=candidate.wording,
            fact=f"{review.id}:{candidate.fact}",
            created_at=created_at,
        )


def _passages(batch: Sequence[Approved], pairs: Mapping[str, Sequence[QuestionPair]]) -> list[WrittenPassage]:
    return [
        WrittenPassage(
            document_id=document.id, review_id=review.id, passage_id=passage.id, pairs=tuple(pairs.get(passage.id, ()))
        )
        for document, review, passage in batch
    ]
