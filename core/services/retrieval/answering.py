"""Questions answered from a project's approved documents: sources before the question, citations after the answer."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.chat import ChatModel
from core.chat.room import Room
from core.errors import InputError
from core.evaluation import open_book
from core.language.refusals import NOT_SAID, is_refusal
from core.models.text import Message, Pace
from core.records import Project
from core.retrieval import Citation, CitedSentence, Source, cite
from core.services.retrieval.finding import find_sources
from core.services.retrieval.index import Embed, Report
from core.services.retrieval.refusing import threshold_of
from core.storage import Workspace

SOURCE_CHARACTERS = 6000  # about 1,500 tokens of English: what five usual passages take
BUDGETS = (SOURCE_CHARACTERS, 3000, 1500, 750)  # of all sources together; the next one for a model that reads less
LEAST_CHARACTERS = 400  # less of a source tells a model nothing
NOT_IN_DOCUMENTS = NOT_SAID["en"][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAnswer:
    """What supports an answer. If it is refused, the documents do not tell, and the sources are what fits best."""

    sources: tuple[Source, ...]
    sentences: tuple[CitedSentence, ...]
    is_refused: bool

    def as_json(self) -> dict[str, Any]:
        """Convert to JSON types; `from_json` is the inverse."""
        return asdict(self)

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """Return the sources, and the sentences with the words that support each, as other programs are told them."""
        places = [{"document": each.document, "page": each.page, "passage": each.passage_id} for each in self.sources]
        return {
            "sources": [place | {"text": each.text} for place, each in zip(places, self.sources, strict=True)],
            "sentences": [
                {
                    "text": sentence.text,
                    "citations": [
                        {"source": each.source, **places[each.source], "start": each.start, "end": each.end}
                        | {"text": self.sources[each.source].text[each.start : each.end]}
                        for each in sentence.citations
                    ],
                }
                for sentence in self.sentences
            ],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "DocumentAnswer":
        """Rebuild from the value that `as_json` returned."""
        return cls(
            sources=tuple(Source(**each) for each in values["sources"]),
            sentences=tuple(
                CitedSentence(text=each["text"], citations=tuple(Citation(**one) for one in each["citations"]))
                for each in values["sentences"]
            ),
            is_refused=values["is_refused"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulted:
    """What a project's documents hold about a question; `is_told` is False where nothing in them fits well enough."""

    question: str
    sources: tuple[Source, ...]  # best first
    is_told: bool

    def cited(self, answer: str) -> DocumentAnswer:
        """Return what supports an answer; it is refused if it says that the documents do not tell."""
        return DocumentAnswer(
            sources=self.sources,
            sentences=cite(answer, self.sources, question=self.question),
            is_refused=is_refusal(answer),
        )


def consult(
    workspace: Workspace,
    project: Project,
    question: str,
    *,
    embed: Embed | None = None,
    report: Report | None = None,
) -> Consulted:
    """Look up a question in a project's approved documents, as they are approved at this moment.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the network that compares meanings is missing or damaged, or the index cannot be opened.
    """
    found = find_sources(workspace, project, question, embed=embed, report=report)
    is_told = bool(found.sources) and found.fit >= threshold_of(workspace, project).threshold
    return Consulted(question=question, sources=found.sources, is_told=is_told)


class FromDocuments:
    """A `ChatModel` that reads a project's approved documents before it answers, and refuses what they do not tell.

    For one conversation: `cited` is about the last question that was asked.
    """

    def __init__(
        self,
        workspace: Workspace,
        project: Project,
        model: ChatModel,
        *,
        embed: Embed | None = None,
        report: Report | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            workspace: where the documents are.
            project: whose documents they are.
            model: who answers; it is not asked where nothing in the documents fits the question.
            embed: makes embeddings; by default the embedded network.
            report: called with progress while passages are read for the first time.

        Raises:
            AccessError: the actor may not chat in this project.
        """
        self._workspace = workspace.allowed("chat", project.id)
        self._project, self._model, self._embed, self._report = project, model, embed, report
        self._found = Consulted(question="", sources=(), is_told=False)

    @property
    def backend(self) -> str:
        """What runs the model that answers."""
        return self._model.backend

    @property
    def sources(self) -> tuple[Source, ...]:
        """What was found for the last question; none if the documents do not tell."""
        return tuple(self._found.sources) if self._found.is_told else ()

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        """Yield the answer to the last message from the documents; see `ChatModel.stream`.

        Raises:
            AccessError: the actor may not chat in this project any more.
            InputError: the conversation is longer than the model can read, also with hardly any of the sources.
            SetupError: the network that compares meanings is missing or damaged.
        """
        question = messages[_asked_at(messages)].content
        found = self._found = consult(self._workspace, self._project, question, embed=self._embed, report=self._report)
        if not found.is_told:
            yield NOT_IN_DOCUMENTS
            return Pace(read_count=0, cached_count=0, token_count=0, tokens_per_second=None, is_complete=True)
        *longer, shortest = (asked_with(found.sources, messages, characters=each) for each in BUDGETS)
        for asked in longer:
            with suppress(InputError):  # the model reads less, as it says before it writes anything
                return (yield from self._model.stream(asked, max_tokens=max_tokens, temperature=temperature))
        return (yield from self._model.stream(shortest, max_tokens=max_tokens, temperature=temperature))

    def room(self, messages: Sequence[Message]) -> Room | None:
        """Return how long a conversation is without sources, and how much the model reads."""
        return self._model.room(messages)

    def cited(self, answer: str) -> DocumentAnswer:
        """Return what supports the answer to the last question; see `Consulted.cited`."""
        return self._found.cited(answer)

    def close(self) -> None:
        """Free the model's memory."""
        self._model.close()


def asked_with(
    sources: Sequence[Source], messages: Sequence[Message], *, characters: int = SOURCE_CHARACTERS
) -> list[Message]:
    """Return a conversation with the sources before its last question, best first, in the form that evaluations use.

    What was said before stays as it was, so that a model need not read it again; nor the sources, where the next question
    finds the same.

    Args:
        sources: what was found, best first.
        messages: the conversation, oldest first, ending with the question, or with a begun answer to it.
        characters: of all sources together, at most; the last one is cut.
    """
    texts: list[str] = []
    for source in sources:
        room = characters - sum(map(len, texts))
        if room < min(LEAST_CHARACTERS, len(source.shown)):
            break
        texts.append(open_book.shortened(open_book.Source(text=source.shown), room))
    at = _asked_at(messages)
    row = open_book.with_passage({"input": messages[at].content}, "\n\n".join(texts))
    return [*messages[:at], replace(messages[at], content=row["input"]), *messages[at + 1 :]]


def _asked_at(messages: Sequence[Message]) -> int:
    """Return the position of the last question."""
    return max(place for place, message in enumerate(messages) if message.role == "user")
