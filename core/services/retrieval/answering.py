"""Questions answered from a project's approved documents: sources before the question, citations after the answer."""

from collections.abc import Generator, Sequence
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
LEAST_CHARACTERS = 400  # less tells a model nothing
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
        self._question = ""
        self._sources: tuple[Source, ...] = ()

    @property
    def backend(self) -> str:
        """What runs the model that answers."""
        return self._model.backend

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        """Yield the answer to the last message from the documents; see `ChatModel.stream`.

        Raises:
            AccessError: the actor may not chat in this project any more.
            InputError: the conversation is longer than the model can read, also with hardly any of the sources.
            SetupError: the network that compares meanings is missing or damaged.
        """
        self._question = messages[_asked_at(messages)].content
        found = find_sources(self._workspace, self._project, self._question, embed=self._embed, report=self._report)
        self._sources = found.sources
        if not found.sources or found.fit < threshold_of(self._workspace, self._project).threshold:
            yield NOT_IN_DOCUMENTS
            return Pace(read_count=0, cached_count=0, token_count=0, tokens_per_second=None, is_complete=True)
        characters = SOURCE_CHARACTERS
        while True:
            asked = asked_with(found.sources, messages, characters=characters)
            try:
                return (yield from self._model.stream(asked, max_tokens=max_tokens, temperature=temperature))
            except InputError:  # the model reads less, as it says before it writes anything
                characters //= 2
                if characters < LEAST_CHARACTERS:
                    raise

    def room(self, messages: Sequence[Message]) -> Room | None:
        """Return how long a conversation is without sources, and how much the model reads."""
        return self._model.room(messages)

    def cited(self, answer: str) -> DocumentAnswer:
        """Return what supports the answer to the last question; it is refused if it says that the documents do not tell."""
        return DocumentAnswer(
            sources=self._sources,
            sentences=cite(answer, self._sources, question=self._question),
            is_refused=is_refusal(answer),
        )

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
