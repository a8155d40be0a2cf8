"""What an answer rests on: passages of approved text, and the words in them that support each of its sentences."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage of approved, anonymized text that was found for a question: characters from `start` of its document's."""

    document_id: str
    document: str  # name of the document
    review_id: str  # of the approval
    passage_id: str
    heading: str  # the headings above it, joined by " > "
    page: str  # label of the page where it starts; "" if there are none
    start: int
    text: str

    @property
    def shown(self) -> str:
        """The text with its heading, as a model reads it."""
        text = self.text.strip()
        return text if not self.heading or text.startswith(self.heading) else f"{self.heading}\n{text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Words of a source that support a sentence: characters `start` to `end` of the source's text."""

    source: int  # position among the sources, from 0
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSentence:
    """A sentence of an answer, and what supports it; nothing does if there are no citations."""

    text: str
    citations: tuple[Citation, ...] = ()

    @property
    def is_supported(self) -> bool:
        """Whether a source says the same."""
        return bool(self.citations)
