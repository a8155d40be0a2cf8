"""Approved passages with what stands around them: title, neighbors, terms of the document, a passage on the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.questions.domain import READ, Domain, domain_of
from core.questions.terms import defined_terms, links, terms_in
from core.questions.writers.writer import Excerpt
from core.records import Document, Passage, Review
from core.storage import Workspace

NEIGHBOR_CHARACTERS = 300  # given of the passage before and of that after


@dataclass(frozen=True, slots=True)
class _Document:
    """A document's approved passages, what it is about, what terms they define, and which passages share one."""

    passages: Sequence[Passage]
    domain: Domain | None
    places: dict[str, int]
    terms: dict[str, str]
    own: Sequence[frozenset[str]]  # terms that each passage itself defines
    links: dict[int, tuple[int, str]]


class Surroundings:
    """What stands around passages. Only the document asked about last is held, so ask for one document after another."""

    def __init__(self, workspace: Workspace) -> None:
        """Read nothing yet."""
        self._workspace = workspace
        self._review_id = ""
        self._held = _Document((), None, {}, {}, (), {})

    def excerpt(self, document: Document, review: Review, passage: Passage) -> Excerpt:
        """Return a passage of an approved document with what stands around it."""
        if self._review_id != review.id:
            self._held = _read(self._workspace, document)
            self._review_id = review.id
        held, place = self._held, self._held.places.get(passage.id)
        if place is None:  # approved anew in between
            return Excerpt(passage=passage, title=document.name, language=document.language)
        linked = held.links.get(place)
        return Excerpt(
            passage=passage,
            title=document.name,
            domain=held.domain,
            before=_end(held.passages[place - 1].text) if place else "",
            after=_beginning(held.passages[place + 1].text) if place + 1 < len(held.passages) else "",
            terms=terms_in(passage.text, held.terms, own=held.own[place]),
            language=document.language,
            linked=held.passages[linked[0]] if linked else None,
            shared=linked[1] if linked else "",
        )


def _read(workspace: Workspace, document: Document) -> _Document:
    _, passages = workspace.approved_passages(document)
    found = [defined_terms(passage.text) for passage in passages]
    terms = {term: meaning for each in reversed(found) for term, meaning in each.items()}
    return _Document(
        passages,
        domain_of(_first(passages)),
        {passage.id: place for place, passage in enumerate(passages)},
        terms,
        [frozenset(each) for each in found],
        links([passage.text for passage in passages], terms),
    )


def _first(passages: Sequence[Passage]) -> str:
    """Return the first `READ` characters of a document, and what is left of the passage that they end in."""
    taken: list[str] = []
    for passage in passages:
        if sum(map(len, taken)) >= READ:
            break
        taken.append(passage.text)
    return "\n\n".join(taken)


def _end(text: str) -> str:
    """Return the last words of a text."""
    return text if len(text) <= NEIGHBOR_CHARACTERS else re.sub(r"\A\S*\s", "", text[-NEIGHBOR_CHARACTERS:])


def _beginning(text: str) -> str:
    """Return the first words of a text."""
    return text if len(text) <= NEIGHBOR_CHARACTERS else re.sub(r"\s\S*\Z", "", text[:NEIGHBOR_CHARACTERS])
