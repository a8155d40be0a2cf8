"""What is written about: passages from the middle of a document."""

from pathlib import Path

from core.questions.domain import Domain, domain_of
from core.questions.writers.writer import Excerpt
from tests.benchmarks.material import gguf

CHARACTERS = 15_000


def excerpts_of(path: Path, characters: int = CHARACTERS) -> list[Excerpt]:
    """Return the passages of so many characters from the middle of a document, from a paragraph's beginning on."""
    from core.documents import read_document

    text = read_document(path, path.name).text
    start = text.find("\n", max(0, len(text) // 2 - characters // 2)) + 1
    return excerpts_in(text[start : start + characters], path, domain_of(text))


def excerpts_in(text: str, path: Path, domain: Domain | None = None) -> list[Excerpt]:
    """Return the passages of a text that was read from `path`, whose whole document is about `domain`."""
    from core.documents import split_passages
    from core.models.llama import token_counter
    from core.settings import SplitSettings

    passages = split_passages("document", text, (), settings=SplitSettings(), count_tokens=token_counter(gguf()))
    title = path.name.replace("_", " ")
    return [Excerpt(passage=passage, title=title, domain=domain, language="en") for passage in passages]
