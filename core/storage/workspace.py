"""A workspace: the folder that holds everything a user has made with Garrison."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast, get_args

from core.access import Action, Actor
from core.errors import Hint, InputError
from core.files import write_atomic
from core.records import (
    AuditAction,
    Document,
    MarkingLevel,
    Page,
    Part,
    Passage,
    Person,
    Policy,
    Project,
    Review,
    Run,
    new_id,
    now,
)
from core.storage import audit, rights
from core.storage.database import connect
from core.storage.rows import delete, find, from_row, get, insert, insert_many, update
from core.storage.transactions import Database, transaction


class Workspace:
    """Paths and a database connection (one per thread) under `home`. Cheap to create.

    `actor` is whoever uses it (`core.access`); anything their roles do not allow is refused.

    Raises:
        SetupError: the folder or the database cannot be opened.
    """

    def __init__(self, home: Path, *, actor: Actor | None = None) -> None:
        self.home = home.expanduser().resolve()
        self.actor = actor
        self._local = threading.local()

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use.

        Raises:
            SetupError: the folder or the database cannot be opened.
            AccessError: the acting person's sign-in has ended.
        """
        if not hasattr(self._local, "db"):
            self._local.db = connect(self.home / "garrison.sqlite3")
        connection: Database = self._local.db
        connection.actor = self.actor
        if self.actor is not None:
            connection.on_refusal = partial(audit.note_refusal, connection)
            rights.check_sign_in(connection)
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        if hasattr(self._local, "db"):
            self._local.db.close()
            del self._local.db

    def allowed(
        self, action: Action, project_id: str = "", *, also: Action | None = None, by: Person | None = None
    ) -> "Permitted":
        """Check `action` (and `also` another one) once, then return the workspace for everything that follows from it.

        It is unrestricted, even where the actor may not look: an entry in a list for every project creates spans in each of
        them. It shares this one's connections.

        Raises:
            AccessError: the actor may not do this, or `by` is another person.
            InputError: the project does not exist, or the actor may not see it.
        """
        actions = (action,) if also is None else (action, also)
        for each in actions:
            rights.check(self.db, each, project_id, by=by)
        if self.actor is not None and project_id:
            get(self.db, Project, project_id)
        permitted = Permitted(self.home, actor=self.actor and replace(self.actor, sign_in_id=None))
        permitted._local = self._local  # noqa: SLF001 its own kind
        permitted._grant = _Grant(self, actions, project_id)  # noqa: SLF001 likewise
        return permitted

    def checked_document(self, document: Document, action: Action) -> Document:
        """Return a document as it is stored, after checking `action` in the project that it really belongs to.

        Raises:
            AccessError: the actor may not do this in that project, or in the one that `document` names.
            InputError: the document does not exist, or the actor may not see it.
        """
        rights.check(self.db, action, document.project_id)
        stored = get(self.db, Document, document.id)
        if stored.project_id != document.project_id:
            rights.check(self.db, action, stored.project_id)
        return stored

    def allowed_on(self, document: Document, action: Action, *, by: Person | None = None) -> tuple[Document, "Permitted"]:
        """Check `action` on a document that was handed in; return it as it is stored, and the workspace for what follows.

        Raises:
            AccessError: as in `checked_document`, or `by` is another person.
            InputError: the document does not exist, or the actor may not see it.
        """
        stored = self.checked_document(document, action)
        return stored, self.allowed(action, stored.project_id, by=by)

    # --- paths ------------------------------------------------------------------------------------

    def project_folder(self, project_id: str) -> Path:
        """Return the folder of a project."""
        return self._folder(project_id, "see project")

    def _folder(self, project_id: str, action: Action) -> Path:
        rights.check(self.db, action, project_id)
        return self.home / "projects" / project_id

    def document_folder(self, document: Document) -> Path:
        """Return the folder that holds a document's `original`, `text.txt` and `pages.json`."""
        return self._folder(document.project_id, "read documents") / "documents" / document.id

    def anonymized_path(self, project_id: str, review_id: str) -> Path:
        """Return the path of one review's anonymized text."""
        return self._folder(project_id, "read documents") / "anonymized" / f"{review_id}.txt"

    def sources_path(self, project_id: str) -> Path:
        """Return the path of the index of a project's approved passages; it may be deleted at any time."""
        return self._folder(project_id, "read documents") / "sources.sqlite3"

    def said_path(self, project_id: str, person_id: str | None) -> Path:
        """Return the path of the index of what a person was told in a project; it may be deleted at any time."""
        return self._folder(project_id, "chat") / "said" / f"{person_id or 'account'}.sqlite3"

    def dataset_folder(self, project_id: str, dataset_id: str) -> Path:
        """Return the folder that holds a dataset version's `train.jsonl` and `heldout.jsonl`."""
        return self._folder(project_id, "read documents") / "datasets" / dataset_id

    def run_folder(self, project_id: str, run_id: str) -> Path:
        """Return the folder that holds a run's settings, template, metrics, checkpoints and adapter."""
        return self.project_folder(project_id) / "runs" / run_id

    def search_folder(self, project_id: str, job_id: str) -> Path:
        """Return the folder in which a search for settings keeps what it has found."""
        return self._folder(project_id, "see project") / "searches" / job_id

    def evaluation_path(self, project_id: str, evaluation_id: str) -> Path:
        """Return the path of the full result of an evaluation, including the answers."""
        return self._folder(project_id, "read documents") / "evaluations" / f"{evaluation_id}.json"

    def tried_path(self, project_id: str) -> Path:
        """Return the path of what a try of writing about one passage gave: prompts, replies and pairs of the last one."""
        return self._folder(project_id, "read documents") / "tried.json"

    @property
    def speeds_path(self) -> Path:
        """Return where the speeds of this machine's matrix products are kept, once a training has measured them."""
        return self.home / "cache" / "speeds.json"

    @property
    def unpacked_folder(self) -> Path:
        """The folder of unpacked GGUF models, kept so that they open fast; may be deleted at any time."""
        return self.home / "cache" / "unpacked"

    def model_trial_path(self, sha256: str) -> Path:
        """Return the path of what a trial of the model with this hash found: how well it writes question pairs."""
        return self.home / "trials" / f"{sha256}.json"

    def job_folder(self, job_id: str) -> Path:
        """Return the folder that holds a job's output."""
        return self.home / "jobs" / job_id

    # --- projects -----------------------------------------------------------------------------------

    def create_project(
        self, name: str, *, policy: str = "each-document", is_sample: bool = False, highest_marking: str = ""
    ) -> Project:
        """Create a project. `highest_marking` defaults to that of this workspace.

        Raises:
            InputError: the name is invalid or taken, or the policy or marking is unknown.
            AccessError: the acting person's roles do not allow it.
        """
        rights.check(self.db, "create project")
        default = self.db.execute("select highest_marking from marking_default").fetchone()
        highest_marking = highest_marking or (default["highest_marking"] if default else "unclassified")
        if highest_marking not in get_args(MarkingLevel):
            raise InputError(f"There is no marking {highest_marking!r}.", f"They are: {', '.join(get_args(MarkingLevel))}.")
        if not name.strip() or len(name) > 80 or any(ord(character) < 32 for character in name):
            raise InputError("A project needs a name of 1 to 80 characters.", "Give it a short, plain name.")
        if policy not in ("each-document", "all-at-once"):
            raise InputError(f"There is no policy {policy!r}.", "Policies are: each-document, all-at-once.")
        project = Project(
            id=new_id("project"),
            name=name.strip(),
            policy=cast(Policy, policy),
            is_sample=is_sample,
            highest_marking=cast(MarkingLevel, highest_marking),
            created_at=now(),
        )
        try:
            with transaction(self.db):
                insert(self.db, project)
                self._make_owner(project)
        except sqlite3.IntegrityError as error:
            raise InputError(f"There is a project {name!r} already.", "Choose another name.") from error
        return project

    def _make_owner(self, project: Project) -> None:
        """Make the signed-in person, if any, the first owner of a project they create."""
        actor = rights.restricted(self.db)
        if actor is not None:
            key = [actor.person.id, project.id, "owner", now()]
            self.db.execute("insert into roles (person_id, project_id, role, granted_at) values (?, ?, ?, ?)", key)
            rights.forget(self.db)
            audit.append(self.db, "member added", subjects={"of": actor.person.id, "role": "owner", "project": project.id})

    def project(self, name: str) -> Project:
        """Return the project with this name (ignoring case) or id.

        Raises:
            InputError: there is none, or the acting person may not see it.
        """
        projects = find(self.db, Project, name=name) or find(self.db, Project, id=name)
        if not projects:
            known = ", ".join(project.name for project in find(self.db, Project)) or "none yet"
            raise InputError(f"There is no project {name!r}.", f"Projects are: {known}.")
        return projects[0]

    def document(self, project: Project, name: str) -> Document:
        """Return the document of a project with this name or id.

        Raises:
            InputError: there is none, or several have this name.
        """
        documents = [
            document for document in find(self.db, Document, project_id=project.id) if name in (document.id, document.name)
        ]
        if not documents:
            raise InputError(
                f"There is no document {name!r} in {project.name}.",
                Hint("Choose one of its documents.", command=f"garrison documents list {project.name}"),
            )
        if len(documents) > 1:
            raise InputError(f"{len(documents)} documents are called {name!r}.", "Use the id instead.")
        return documents[0]

    def finished_run(self, run_id: str) -> Run:
        """Return the finished run with this id.

        Raises:
            InputError: there is none, or it has not finished.
        """
        run = get(self.db, Run, run_id)
        if not run.is_finished:
            raise InputError(
                f"Run {run_id} has not finished.",
                Hint("Wait for it, or resume its job on the page Jobs.", command="garrison jobs list"),
            )
        return run

    # --- documents ------------------------------------------------------------------------------------

    def store_document(self, document: Document, *, passages: Sequence[Passage] = ()) -> None:
        """Store a new document and its passages."""
        rights.check(self.db, "add documents", document.project_id)
        with transaction(self.db):
            insert(self.db, document)
            insert_many(self.db, passages)
            audit.append_for(self.db, document.id, "document added", counts=audit.size_counts(document))

    def store_text(self, document: Document, text: str, *, pages: tuple[Page, ...]) -> None:
        """Write a document's text and pages to its folder."""
        rights.check(self.db, "add documents", document.project_id)
        folder = self.document_folder(document)
        write_atomic(folder / "text.txt", text)
        write_atomic(folder / "pages.json", json.dumps([asdict(page) for page in pages]))

    def text(self, document: Document) -> str:
        """Return a document's text, or "" if none was read."""
        path = self.document_folder(document) / "text.txt"
        # read as bytes to keep \r: offsets count the characters of exactly this text
        return path.read_bytes().decode() if path.exists() else ""

    def pages(self, document: Document) -> tuple[Page, ...]:
        """Return the positions of a document's pages, or () if it has none."""
        path = self.document_folder(document) / "pages.json"
        return tuple(Page(**page) for page in json.loads(path.read_text(encoding="utf-8"))) if path.exists() else ()

    def passages(self, document: Document) -> list[Passage]:
        """Return a document's passages in order, with their original text."""
        text = self.text(get(self.db, Document, document.id))
        rows = self.db.execute('select * from passages where document_id = ? order by "index"', [document.id])
        return [from_row(Passage, row, text=text[row["start"] : row["end"]]) for row in rows]

    # --- reviews and approved text ----------------------------------------------------------------------

    def active_review(self, document_id: str) -> Review | None:
        """Return a document's current approval, or None."""
        approvals = find(self.db, Review, document_id=document_id, state="approved", order="created_at desc")
        return approvals[0] if approvals else None

    def anonymized_text(self, project_id: str, review: Review) -> str:
        """Return the anonymized text that was approved in `review`."""
        return self.anonymized_path(project_id, review.id).read_bytes().decode()

    def standing_proposal(self, document_id: str) -> Review | None:
        """Return the proposal that awaits approval for a document, or None."""
        proposals = find(self.db, Review, document_id=document_id, state="proposed")
        return proposals[0] if proposals else None

    def store_proposal(self, review: Review) -> None:
        """Store a proposal, and withdraw earlier proposals and approvals of the document."""
        with transaction(self.db):
            self.withdraw_approval(review.document_id, reason="proposed again", actor=review.proposer)
            insert(self.db, review)
            self._record_review(review, "review proposed", actor=review.proposer)

    def store_return(self, review: Review) -> None:
        """Store that a proposal was returned; `review` is its new state, with the reviewer's comment as the reason."""
        with transaction(self.db):
            update(self.db, Review, review.id, state="returned", reason=review.reason, reviewer=review.reviewer)
            update(self.db, Review, review.id, reviewer_id=review.reviewer_id, is_authenticated=review.is_authenticated)
            self._record_review(review, "review returned", actor=review.reviewer)

    def store_approval(self, document: Document, review: Review, *, text: str, passages: list[Passage]) -> None:
        """Store an approval, the anonymized `text`, and each passage's position, heading and page label in it.

        The proposal with the same id becomes the approval. Any other proposal or approval is withdrawn.

        Raises:
            AccessError: the acting person may not approve.
        """
        rights.check(self.db, "approve", document.project_id)
        with transaction(self.db):
            write_atomic(self.anonymized_path(document.project_id, review.id), text)
            delete(self.db, Review, id=review.id, state="proposed")
            self.withdraw_approval(document.id, reason="approved again", actor=review.reviewer)
            insert(self.db, review)
            self._record_review(review, "review approved", actor=review.reviewer)
            self.db.executemany(
                "insert into approved_passages (review_id, passage_id, start, end, heading, page, parts)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [(review.id, p.id, p.start, p.end, p.heading, p.page, _as_json(p.parts)) for p in passages],
            )

    def remove_unapproved(self, project_id: str) -> None:
        """Delete anonymized texts that belong to no review, left when an approval failed or was killed midway.

        Call this inside the transaction of an approval, when no other approval can be in progress.
        """
        folder = self.anonymized_path(project_id, "").parent
        named = {row["id"] for row in self.db.execute("select id from reviews")}
        for path in list(folder.iterdir()) if folder.is_dir() else ():
            if path.name.removesuffix(".txt") not in named:
                path.unlink()

    def withdraw_approval(self, document_id: str, *, reason: str, actor: str | None = None) -> None:
        """Withdraw a document's approval and proposal, if there are any.

        `actor` is the name of who does it; None if a job causes it.

        Raises:
            InputError: there is no such document, or the acting person may not see it.
        """
        with transaction(self.db):
            get(self.db, Document, document_id)  # raises if it does not exist or may not be seen
            for state in ("approved", "proposed"):
                for review in find(self.db, Review, document_id=document_id, state=state):
                    update(self.db, Review, review.id, state="withdrawn", reason=reason)
                    self._record_review(review, "review withdrawn", actor=actor)

    def _record_review(self, review: Review, action: AuditAction, *, actor: str | None) -> None:
        persons = {"proposer": review.proposer_id, "reviewer": review.reviewer_id}
        second_found = -1 if review.second_found is None else review.second_found  # as in the entries of before
        counts = {"masked": review.span_count, "sampled": review.sampled, "missed": review.missed}
        if review.unread:
            counts |= {f"unread: {name}": number for name, number in asdict(review.unread).items()}
        audit.append_for(
            self.db,
            review.document_id,
            action,
            actor=actor,
            subjects={"review": review.id} | {role: person for role, person in persons.items() if person is not None},
            hashes={"text": review.text_sha256, "anonymized": review.anonymized_sha256},
            counts=counts | {"second search": second_found} | audit.decision_counts(self.db, review.document_id),
        )

    def approved_passages(self, document: Document) -> tuple[Review | None, list[Passage]]:
        """Return a document's current approval and the passages of its anonymized text, with offsets in that text.

        Without an approval, return None and no passages.
        """
        rights.check(self.db, "read documents", document.project_id)
        review = self.active_review(document.id)
        return (None, []) if review is None else (review, self.passages_of(document.project_id, review))

    def passages_of(self, project_id: str, review: Review) -> list[Passage]:
        """Return the passages of the anonymized text that was approved in `review`, with offsets in that text."""
        text = self.anonymized_text(project_id, review)
        rows = self.db.execute(
            'select p.id, p.document_id, p."index", a.heading, a.page, p.token_count, a.start, a.end, a.parts'
            " from approved_passages a join passages p on p.id = a.passage_id"
            ' where a.review_id = ? order by p."index"',
            [review.id],
        )
        return [from_row(Passage, row, text=text[row["start"] : row["end"]]) for row in rows]


def _as_json(parts: Sequence[Part]) -> str:
    return json.dumps([asdict(part) for part in parts])


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a permit was given for, and the workspace in which it was asked."""

    workspace: Workspace
    actions: tuple[Action, ...]
    project_id: str


class Permitted(Workspace):
    """A workspace for what follows from an act that its actor may do: only `Workspace.allowed` makes one.

    Functions that take one ask no more, so that an act is asked about once, where it begins. It lasts as long as the right
    that it was given for: each use reads that anew, within a transaction once.
    """

    _grant: _Grant | None = None

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection, unrestricted.

        Raises:
            SetupError: the folder or the database cannot be opened.
            AccessError: the actor may not do any more what this workspace is for, or their sign-in has ended.
        """
        if self._grant is not None:
            asked = self._grant.workspace.db
            for action in self._grant.actions:
                rights.check(asked, action, self._grant.project_id)
        return super().db
