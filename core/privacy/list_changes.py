"""Changing the reviewers' lists: what a change does to the documents that were searched already is done with it, at once.

* A deny entry or a pattern marks the places where it stands and nothing masks it yet, also where a mark was rejected before
  the change: undecided, for a reviewer to look at, and masked until then.
* An allow entry rejects undecided marks of exactly its text in the name of who added it. Accepted marks stay.
* Taking a deny entry or a pattern away uncovers nothing: its marks stay until a reviewer rejects them.
* Taking an allow entry away makes rejected marks of its text undecided again, and documents that hold it are to be searched
  anew, because what it kept from being found was never stored.

Every document that is touched loses its approval. All of it, and the change, in one transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.errors import InputError
from core.privacy.entities import ENTITIES
from core.privacy.folding import folded
from core.privacy.lists import LIST, Lists
from core.privacy.overlaps import covers
from core.privacy.patterns import pattern_of
from core.privacy.project_surrogates import store_surrogates, surrogate_table
from core.privacy.vocabulary import WORD
from core.records import AuditAction, Detection, Document, ListEntry, PatternRule, Person, Project, Span, new_id
from core.storage import Workspace, audit, count, delete, find, insert_many, rights, transaction, update

REASON = "A list or pattern changed, and it touches this document."
MAX_ENTRIES = 100_000  # on the lists of one project, or of all
MAX_TEXT = 200  # characters of an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change of the lists does, or did: how often what changed stands where, and what follows."""

    places: int = 0
    documents: int = 0
    marked: int = 0  # marks that are new or undecided again
    rejected: int = 0  # undecided marks that are rejected
    searches: int = 0  # documents that must be searched again
    approvals: int = 0  # that are withdrawn
    left_out: int = 0  # entries that stood on the list already

    @property
    def words(self) -> str:
        """What follows, in sentences."""
        found = f"Found {_counted(self.places, 'time')} in {_counted(self.documents, 'document')}."
        more = [
            (self.marked, f"{_counted(self.marked, 'place')} to be decided, and masked until then."),
            (self.rejected, f"{_counted(self.rejected, 'undecided mark')} rejected, so the text stays readable."),
            (self.searches, f"{_counted(self.searches, 'document')} to be searched again."),
            (self.approvals, f"{_counted(self.approvals, 'approval')} withdrawn."),
            (self.left_out, f"{_counted(self.left_out, 'entry', 'entries')} on the list already."),
        ]
        return " ".join([found, *(sentence for number, sentence in more if number)])

    def __add__(self, other: "Effect") -> "Effect":
        """Both together."""
        return Effect(**{name: getattr(self, name) + getattr(other, name) for name in Effect.__dataclass_fields__})


def _counted(number: int, word: str, many: str = "") -> str:
    return f"{number:,} {word if number == 1 else many or word + 's'}"


@dataclass(frozen=True, slots=True)
class _Touch:
    """What becomes of the spans of one document."""

    document: Document
    text: str
    places: int
    new: list[Span] = field(default_factory=list)
    undecided: list[Span] = field(default_factory=list)
    rejected: list[Span] = field(default_factory=list)
    must_search: bool = False

    def __bool__(self) -> bool:
        return bool(self.new or self.undecided or self.rejected or self.must_search)


def lists_of(workspace: Workspace, project_id: str = "") -> Lists:
    """What holds for a project, its own lists and those of all projects; for "" the latter alone."""
    return Lists(entries_of(workspace, project_id), rules_of(workspace, project_id))


def entries_of(workspace: Workspace, project_id: str = "") -> list[ListEntry]:
    """The entries that hold for a project, those of all projects among them."""
    return [entry for owner in dict.fromkeys(("", project_id)) for entry in find(workspace.db, ListEntry, project_id=owner)]


def rules_of(workspace: Workspace, project_id: str = "") -> list[PatternRule]:
    """The patterns that hold for a project, those of all projects among them."""
    return [rule for owner in dict.fromkeys(("", project_id)) for rule in find(workspace.db, PatternRule, project_id=owner)]


def preview(
    workspace: Workspace, project_id: str, *, entries: Sequence[ListEntry] = (), rules: Sequence[PatternRule] = ()
) -> Effect:
    """What adding these would do, without doing it.

    Raises:
        InputError: one of them cannot be used.
    """
    workspace = workspace.allowed("edit lists", project_id)
    _check(entries, rules)
    effect, _ = _examine(workspace, project_id, _added(workspace, entries, rules))
    return effect


def add(
    workspace: Workspace,
    project_id: str,
    *,
    entries: Sequence[ListEntry] = (),
    rules: Sequence[PatternRule] = (),
    actor: Person,
) -> Effect:
    """Add entries and patterns to the lists of a project ("": of all projects), and search its documents for them.

    Raises:
        InputError: one of them cannot be used, a name is taken, or there are too many; nothing is changed then.
    """
    workspace = workspace.allowed("edit lists", project_id, by=actor)
    _check(entries, rules)
    rules = [replace(rule, added_by=actor.name) for rule in rules]
    fresh = [replace(entry, added_by=actor.name) for entry in _not_there(workspace, project_id, entries)]
    names = [rule.name for rule in (*find(workspace.db, PatternRule, project_id=project_id), *rules)]
    if len({name.casefold() for name in names}) < len(names):
        raise InputError("There is a pattern of this name already.", "Choose another name, or remove that one first.")
    if count(workspace.db, ListEntry, project_id=project_id) + len(fresh) > MAX_ENTRIES:
        raise InputError(f"The lists would have more than {MAX_ENTRIES:,} entries.", "Use patterns for what has a form.")
    subjects = _subjects(project_id)

    def store() -> None:
        insert_many(workspace.db, fresh)
        insert_many(workspace.db, rules)
        if fresh:
            audit.append(workspace.db, "list entries added", actor=actor.name, subjects=subjects, counts=_by_kind(fresh))
        for rule in rules:
            audit.append(workspace.db, "pattern added", actor=actor.name, subjects={**subjects, "pattern": rule.id})

    effect = _carry_out(workspace, project_id, _added(workspace, fresh, rules), store=store, actor=actor)
    return effect + Effect(left_out=len(entries) - len(fresh))


def preview_removal(workspace: Workspace, project_id: str, entries: Sequence[ListEntry]) -> Effect:
    """What taking these entries away would do, without doing it."""
    workspace = workspace.allowed("edit lists", project_id)
    effect, _ = _examine(workspace, project_id, _removed(entries))
    return effect


def remove(
    workspace: Workspace,
    project_id: str,
    *,
    entries: Sequence[ListEntry] = (),
    rules: Sequence[PatternRule] = (),
    actor: Person,
) -> Effect:
    """Take entries and patterns from the lists of a project ("": of all projects)."""
    workspace = workspace.allowed("edit lists", project_id, by=actor)
    subjects = _subjects(project_id)

    def store() -> None:
        for entry in entries:
            delete(workspace.db, ListEntry, id=entry.id, project_id=project_id)
        if entries:
            audit.append(workspace.db, "list entries removed", actor=actor.name, subjects=subjects, counts=_by_kind(entries))
        for rule in rules:
            delete(workspace.db, PatternRule, id=rule.id, project_id=project_id)
            audit.append(workspace.db, "pattern removed", actor=actor.name, subjects={**subjects, "pattern": rule.id})

    return _carry_out(workspace, project_id, _removed(entries), store=store, actor=actor)


def _subjects(project_id: str) -> dict[str, str]:
    """What an audit entry about the lists names: their project, nothing where they are for all projects."""
    return {"project": project_id} if project_id else {}


def _by_kind(entries: Sequence[ListEntry]) -> dict[str, int]:
    return {kind: sum(entry.kind == kind for entry in entries) for kind in ("deny", "allow")}


def catch_up(workspace: Workspace, document: Document) -> int:
    """Apply the lists as they are now to a document that was searched while they changed; gives how many marks changed."""
    rights.check(workspace.db, "find personal data", document.project_id)
    with transaction(workspace.db):
        touch = _by_lists(workspace, document, lists_of(workspace, document.project_id), new=Lists())
        if touch:
            _store(workspace, touch, actor="")
    return len(touch.new) + len(touch.undecided) + len(touch.rejected)


# --- what a change does to one document -----------------------------------------------------------------

_Examiner = Callable[[Workspace, Document], _Touch]


def _added(workspace: Workspace, entries: Sequence[ListEntry], rules: Sequence[PatternRule]) -> _Examiner:
    new = Lists((replace(entry, kind="deny") for entry in entries), rules)  # only to count where they stand
    ready: dict[str, Lists] = {}

    def examine(workspace: Workspace, document: Document) -> _Touch:
        owner = document.project_id
        if owner not in ready:
            ready[owner] = Lists([*entries_of(workspace, owner), *entries], [*rules_of(workspace, owner), *rules])
        return _by_lists(workspace, document, ready[owner], new=new)

    return examine


def _removed(entries: Iterable[ListEntry]) -> _Examiner:
    sought = Lists(replace(entry, kind="deny") for entry in entries if entry.kind == "allow")

    def examine(workspace: Workspace, document: Document) -> _Touch:
        text = workspace.text(document)
        hits = sought.find(text) if sought else []
        rejected = find(workspace.db, Span, document_id=document.id, state="rejected") if hits else []
        bounds = {(hit.start, hit.end) for hit in hits}
        again = [span for span in rejected if (span.start, span.end) in bounds]
        return _Touch(document, text, len(hits), undecided=again, must_search=bool(hits))

    return examine


def _by_lists(workspace: Workspace, document: Document, lists: Lists, *, new: Lists) -> _Touch:
    text = workspace.text(document)
    spans = find(workspace.db, Span, document_id=document.id)
    touch = _Touch(document, text, len(new.find(text)) if new else 0)
    hits = lists.find(text) if lists else []
    rejected = {(span.start, span.end): span for span in spans if span.state == "rejected"}
    is_covered = covers((span.start, span.end) for span in spans if span.state != "rejected")
    for hit in hits:
        if is_covered(hit.start, hit.end):
            continue
        standing = rejected.get((hit.start, hit.end))
        if standing is None:
            touch.new.append(_span(document, hit))
        elif LIST not in standing.detector.split("+"):  # else a reviewer rejected what the list had found
            touch.undecided.append(replace(standing, entity=hit.entity, detector=LIST))
    is_denied = covers((hit.start, hit.end) for hit in hits)
    for span in spans:
        if span.state == "detected" and not is_denied(span.start, span.end):
            by = lists.allowed_by(text[span.start : span.end])
            if by is not None:
                touch.rejected.append(replace(span, reviewer=by))
    return touch


def _span(document: Document, hit: Detection) -> Span:
    return Span(
        id=new_id("span"), document_id=document.id, start=hit.start, end=hit.end, entity=hit.entity, score=hit.score,
        detector=hit.detector,
    )  # fmt: skip


# --- all documents, and storing -------------------------------------------------------------------------


def _examine(workspace: Workspace, project_id: str, examine: _Examiner) -> tuple[Effect, dict[str, bool]]:
    """What a change does to every searched document it reaches, one text in memory at a time, and which it touches."""
    effect = Effect()
    is_touched: dict[str, bool] = {}
    for document in _searched(workspace, project_id):
        touch = examine(workspace, document)
        is_touched[document.id] = bool(touch)
        effect += _effect(workspace, touch)
    return effect, is_touched


def _effect(workspace: Workspace, touch: _Touch) -> Effect:
    return Effect(
        places=touch.places,
        documents=int(bool(touch.places)),
        marked=len(touch.new) + len(touch.undecided),
        rejected=len(touch.rejected),
        searches=int(touch.must_search),
        approvals=int(bool(touch) and workspace.active_review(touch.document.id) is not None),
    )


def _carry_out(
    workspace: Workspace, project_id: str, examine: _Examiner, *, store: Callable[[], None], actor: Person
) -> Effect:
    before, is_touched = _examine(workspace, project_id, examine)
    effect = Effect(places=before.places, documents=before.documents)
    with transaction(workspace.db):
        # again, now that nobody else can write, what was touched or has been searched meanwhile; then the change itself
        again = [d for d in _searched(workspace, project_id) if is_touched.get(d.id, True)]
        touches = [examine(workspace, document) for document in again]
        store()
        for touch in touches:
            if touch:
                effect += replace(_effect(workspace, touch), places=0, documents=0)
                _store(workspace, touch, actor=actor.name)
    return effect


def _searched(workspace: Workspace, project_id: str) -> list[Document]:
    chosen = {"project_id": project_id} if project_id else {}
    projects = {project.id for project in find(workspace.db, Project)}
    documents = find(workspace.db, Document, state="read", **chosen)
    return [document for document in documents if document.is_analyzed and document.project_id in projects]


def _store(workspace: Workspace, touch: _Touch, *, actor: str) -> None:
    """Store what becomes of the spans of a document; call it inside a transaction."""
    db, document = workspace.db, touch.document
    if touch.new or touch.undecided:
        table = surrogate_table(workspace, document.project_id, avoid=set(WORD.findall(touch.text)))
        named = [
            replace(span, surrogate=table.surrogate(span.entity, touch.text[span.start : span.end]))
            for span in (*touch.new, *touch.undecided)
        ]
        insert_many(db, named[: len(touch.new)])
        for span in named[len(touch.new) :]:
            update(
                db, Span, span.id, state="detected", reviewer="", entity=span.entity, detector=span.detector,
                surrogate=span.surrogate,
            )  # fmt: skip
        store_surrogates(workspace, document.project_id, table)
    for span in touch.rejected:
        update(db, Span, span.id, state="rejected", reviewer=span.reviewer)
    if touch.must_search:
        update(db, Document, document.id, analyzed_sha256="")
    counts = {"marked": len(touch.new) + len(touch.undecided), "rejected": len(touch.rejected)}
    action: AuditAction = "lists applied"
    audit.append_for(db, document.id, action, actor=actor, counts=counts)
    workspace.withdraw_approval(document.id, reason=REASON, actor=actor)


# --- what may stand on a list ---------------------------------------------------------------------------


def _check(entries: Iterable[ListEntry], rules: Iterable[PatternRule]) -> None:
    for entry in entries:
        check_entry(entry.text, entry.entity, kind=entry.kind)
    for rule in rules:
        if not rule.name.strip() or len(rule.name) > 80 or not rule.name.isprintable():
            raise InputError("A pattern needs a name of 1 to 80 characters.", "Name what it finds, not an example of it.")
        _check_entity(rule.entity)
        pattern_of(rule.definition)


def check_entry(text: str, entity: str, *, kind: str) -> None:
    """Refuse what cannot stand on a list; the text itself is never named.

    Raises:
        InputError: an unknown kind or type, or a text that is too short, too long or holds no letter or digit.
    """
    if kind not in ("deny", "allow"):
        raise InputError("The kind is neither deny nor allow.", "Write deny or allow.")
    if kind == "deny":
        _check_entity(entity)
    comparable = folded(text) if len(text) <= 4 * MAX_TEXT else text
    if not 2 <= len(comparable) <= MAX_TEXT or not any(character.isalnum() for character in comparable):
        raise InputError(
            f"An entry needs 2 to {MAX_TEXT} characters, one of them a letter or a digit.",
            "Write it as it stands in a text.",
        )


def _check_entity(entity: str) -> None:
    # the value is not named: in a file with its columns mixed up it may be a person
    if entity not in ENTITIES:
        raise InputError("The type of personal data is not known.", f"Known types: {', '.join(sorted(ENTITIES))}.")


def _not_there(workspace: Workspace, project_id: str, entries: Iterable[ListEntry]) -> list[ListEntry]:
    """Those that do not stand on the list yet, each once."""
    standing = {(entry.kind, folded(entry.text)) for entry in find(workspace.db, ListEntry, project_id=project_id)}
    fresh = []
    for entry in entries:
        key = (entry.kind, folded(entry.text))
        if key not in standing:
            standing.add(key)
            fresh.append(entry)
    return fresh
