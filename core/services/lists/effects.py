"""What a change to the reviewers' lists does to one document that was already searched.

* Adding a deny entry or a pattern adds a span wherever it matches text that is not masked yet, even if a span there was
  rejected before the change. The span is undecided, for a reviewer to look at, and masked until then.
* Adding an allow entry rejects undecided spans of exactly its text, in the name of the person who added it. Accepted spans
  stay.
* Removing a deny entry or a pattern uncovers nothing: its spans stay until a reviewer rejects them.
* Removing an allow entry makes rejected spans of its text undecided again. Documents that contain the text must be searched
  again, because what the entry suppressed was never stored.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.detectors import LIST, detectors_of
from core.privacy.detection.overlaps import covers
from core.privacy.lists.detector import Lists
from core.records import CustomPattern, Detection, Document, ListEntry, Span, new_id
from core.services.lists.stored import entries_of, patterns_of
from core.storage import Workspace, find
from core.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change to the lists would do, or did: how often the changed entries occur, and what follows."""

    places: int = 0
    documents: int = 0
    marked: int = 0  # spans that are new or undecided again
    rejected: int = 0  # undecided spans that are rejected
    searches: int = 0  # documents that must be searched again
    approvals: int = 0  # approvals that are withdrawn
    left_out: int = 0  # entries that were already on the list

    @property
    def words(self) -> str:
        """The effect in sentences."""
        occurrences = f"Found {counted(self.places, 'time')} in {counted(self.documents, 'document')}."
        more = [
            (self.marked, f"{counted(self.marked, 'place')} to be decided, and masked until then."),
            (self.rejected, f"{counted(self.rejected, 'undecided span')} rejected, so the text stays readable."),
            (self.searches, f"{counted(self.searches, 'document')} to be searched again."),
            (self.approvals, f"{counted(self.approvals, 'approval')} withdrawn."),
            (self.left_out, f"{counted(self.left_out, 'entry', 'entries')} on the list already."),
        ]
        return " ".join([occurrences, *(sentence for number, sentence in more if number)])

    def __add__(self, other: "Effect") -> "Effect":
        """Return the sum of both effects."""
        return Effect(**{name: getattr(self, name) + getattr(other, name) for name in Effect.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What a change to the lists does to the spans of one document."""

    document: Document
    text: str
    places: int
    new: list[Span] = field(default_factory=list)
    undecided: list[Span] = field(default_factory=list)
    rejected: list[Span] = field(default_factory=list)
    must_search: bool = False

    def __bool__(self) -> bool:
        """Return whether the document is affected at all."""
        return bool(self.new or self.undecided or self.rejected or self.must_search)


ChangePreview = Callable[[Workspace, Document], DocumentChange]


def adding(entries: Sequence[ListEntry], patterns: Sequence[CustomPattern]) -> ChangePreview:
    """Return a function that examines what adding these entries and patterns does to a document."""
    new = Lists((replace(entry, kind="deny") for entry in entries), patterns)  # only for counting occurrences
    ready: dict[str, Lists] = {}

    def examine(workspace: Workspace, document: Document) -> DocumentChange:
        owner = document.project_id
        if owner not in ready:
            ready[owner] = Lists([*entries_of(workspace, owner), *entries], [*patterns_of(workspace, owner), *patterns])
        return changes_by_lists(workspace, document, ready[owner], new=new)

    return examine


def removing(entries: Iterable[ListEntry]) -> ChangePreview:
    """Return a function that examines what removing these entries does to a document; removing deny entries does nothing."""
    sought = Lists(replace(entry, kind="deny") for entry in entries if entry.kind == "allow")

    def examine(workspace: Workspace, document: Document) -> DocumentChange:
        text = workspace.text(document)
        hits = sought.find(text) if sought else []
        rejected = find(workspace.db, Span, document_id=document.id, state="rejected") if hits else []
        bounds = {(hit.start, hit.end) for hit in hits}
        again = [span for span in rejected if (span.start, span.end) in bounds]
        return DocumentChange(document, text, len(hits), undecided=again, must_search=bool(hits))

    return examine


def changes_by_lists(workspace: Workspace, document: Document, lists: Lists, *, new: Lists) -> DocumentChange:
    """Examine what `lists` do to a document; only matches of `new` are counted as `places`."""
    text = workspace.text(document)
    spans = find(workspace.db, Span, document_id=document.id)
    change = DocumentChange(document, text, len(new.find(text)) if new else 0)
    hits = lists.find(text) if lists else []
    rejected = {(span.start, span.end): span for span in spans if span.state == "rejected"}
    is_covered = covers((span.start, span.end) for span in spans if span.state != "rejected")
    for hit in hits:
        if is_covered(hit.start, hit.end):
            continue
        standing = rejected.get((hit.start, hit.end))
        if standing is None:
            change.new.append(_span(document, hit))
        elif LIST not in detectors_of(standing):  # otherwise a reviewer rejected the list's own span
            change.undecided.append(replace(standing, entity=hit.entity, detector=LIST))
    is_denied = covers((hit.start, hit.end) for hit in hits)
    for span in spans:
        if span.state == "detected" and not is_denied(span.start, span.end):
            by = lists.allowed_by(text[span.start : span.end])
            if by is not None:
                change.rejected.append(replace(span, reviewer=by))
    return change


def _span(document: Document, hit: Detection) -> Span:
    return Span(
        id=new_id("span"), document_id=document.id, start=hit.start, end=hit.end, entity=hit.entity, score=hit.score,
        detector=hit.detector,
    )  # fmt: skip
