"""Choosing what happens to a type of personal data, and what that changes in documents already searched."""

from collections import Counter
from dataclasses import dataclass

from core.errors import InputError
from core.privacy.entities import ENTITIES, TYPE_OF
from core.privacy.replacement.surrogates import SurrogateTable
from core.privacy.replacement.treatments import TREATMENTS, describe
from core.records import Person, Project, Span, Treatment
from core.services.privacy.project_surrogates import reissue, store_surrogates, surrogate_table, treatments_of
from core.storage import Workspace, audit, transaction
from core.words import check_choice


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeUse:
    """A type in a project: how many spans in how many documents, its treatment, and a sample of the result."""

    entity: str
    spans: int
    documents: int
    treatment: Treatment
    sample: str  # the result for an invented value, never for one of the project's


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentEffect:
    """What a change of treatment affects: spans that change, their documents, and how many of these lose an approval."""

    spans: int
    documents: int
    approvals: int


def types_in_use(workspace: Workspace, project: Project) -> list[TypeUse]:
    """Return the types found in a project or given a treatment, the most frequent first."""
    permitted = workspace.allowed("read documents", project.id)
    rows = permitted.db.execute(
        "select s.entity, count(*) as spans, count(distinct s.document_id) as documents from spans s"
        " join documents d on d.id = s.document_id where d.project_id = ? group by s.entity",
        [project.id],
    )
    counts = {row["entity"]: (row["spans"], row["documents"]) for row in rows}
    chosen = treatments_of(permitted, project.id)
    uses = [
        TypeUse(
            entity=entity,
            spans=counts.get(entity, (0, 0))[0],
            documents=counts.get(entity, (0, 0))[1],
            treatment=chosen.get(entity, "surrogate"),
            sample=preview(entity, chosen.get(entity, "surrogate")),
        )
        for entity in {*counts, *chosen}
    ]
    return sorted(uses, key=lambda use: (-use.spans, use.entity))


def preview(entity: str, treatment: Treatment) -> str:
    """Return what replaces an invented value of this type; the key is fixed, so this says nothing about any project."""
    table = SurrogateTable(b"\0" * 32, [], treatments={entity: treatment})
    return table.surrogate(entity, TYPE_OF[entity].sample)


def effect_of_treatment(workspace: Workspace, project: Project, *, entity: str, treatment: Treatment) -> TreatmentEffect:
    """Return what `set_treatment` would change, without changing it.

    Raises:
        InputError: the type or the treatment is unknown.
    """
    permitted = workspace.allowed("read documents", project.id)
    _check(entity, treatment)
    if treatments_of(permitted, project.id).get(entity, "surrogate") == treatment:
        return TreatmentEffect(spans=0, documents=0, approvals=0)
    rows = permitted.db.execute(
        "select s.document_id, s.state from spans s join documents d on d.id = s.document_id"
        " where d.project_id = ? and s.entity = ?",
        [project.id, entity],
    ).fetchall()
    spans = Counter(row["document_id"] for row in rows)
    masked = {row["document_id"] for row in rows if row["state"] != "rejected"}
    return TreatmentEffect(
        spans=spans.total(),
        documents=len(spans),
        approvals=sum(permitted.active_review(document_id) is not None for document_id in masked),
    )


def set_treatment(
    workspace: Workspace, project: Project, *, entity: str, treatment: Treatment, person: Person
) -> TreatmentEffect:
    """Set a type's treatment, apply it to existing spans at once, and withdraw the approvals of their documents.

    Setting the same treatment again changes nothing.

    Raises:
        InputError: the type or the treatment is unknown; nothing is changed then.
    """
    permitted = workspace.allowed("set rules", project.id, also="read documents", by=person)
    _check(entity, treatment)
    with transaction(permitted.db):
        before = treatments_of(permitted, project.id).get(entity, "surrogate")
        if before == treatment:
            return TreatmentEffect(spans=0, documents=0, approvals=0)
        permitted.db.execute(
            "insert or replace into treatments (project_id, entity, treatment) values (?, ?, ?)",
            [project.id, entity, treatment],
        )
        table = surrogate_table(permitted, project.id)

        def concerns(span: Span) -> bool:
            return span.entity == entity

        reason = f"{person.name} changed what replaces {entity}: {describe(treatment)}"
        spans, documents, approvals = reissue(
            permitted, project.id, table, concerns=concerns, reason=reason, actor=person.name
        )
        store_surrogates(permitted, project.id, table)
        audit.append(
            permitted.db,
            "treatment changed",
            actor=person.name,
            subjects={"project": project.id, "type": entity, "from": before, "to": treatment, "person": person.id},
            counts={"spans": spans, "documents": documents, "approvals withdrawn": approvals},
        )
    return TreatmentEffect(spans=spans, documents=documents, approvals=approvals)


def _check(entity: str, treatment: str) -> None:
    if entity not in ENTITIES:
        raise InputError(f"{entity!r} is no known type of personal data.", f"Known types: {', '.join(sorted(ENTITIES))}.")
    check_choice("treatment", treatment, TREATMENTS)
