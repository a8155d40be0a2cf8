"""Who answers a series: what they are at its beginning, and whether they are still that."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import InputError
from core.files import sha256_text
from core.models.engine.settings import read_engine_settings
from core.records import DatasetVersion, Document, Project, Run, SeriesAnswerer
from core.services.chat.answerers import find_answering
from core.services.chat.comparing import FEWEST, MOST, version_of
from core.services.training.lineage import check_belongs
from core.services.training.runs import base_of
from core.settings import Settings
from core.storage import Workspace, find, get, rights


class Chosen(Settings):
    """Who is to answer: the id of a run, or the name of a model or a host; and whether it reads the documents first."""

    answerer: str
    from_documents: bool = False


def as_they_are(workspace: Workspace, project: Project, chosen: Sequence[Chosen]) -> tuple[SeriesAnswerer, ...]:
    """Return what those who were chosen are now.

    Raises:
        InputError: there are fewer than two or more than four, one is there twice, or one cannot answer in this project.
        SetupError: a model is not on this machine.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    if not FEWEST <= len(chosen) <= MOST:
        raise InputError(f"{len(chosen)} of them cannot be compared.", f"Choose {FEWEST} to {MOST}.")
    if len({(each.answerer, each.from_documents) for each in chosen}) < len(chosen):
        raise InputError("One of them was chosen twice.", "Choose each once, or once with the documents and once without.")
    documents = ""
    if any(each.from_documents for each in chosen):
        documents = documents_sha256(permitted, project)
        if not documents:
            raise InputError(
                "No document of this project is approved, so there is nothing to answer from.",
                "Approve one on the page Review, or let all answer by themselves.",
            )
    return tuple(_as_it_is(permitted, project, each, documents) for each in chosen)


def _as_it_is(workspace: Workspace, project: Project, chosen: Chosen, documents: str) -> SeriesAnswerer:
    name, reads = chosen.answerer, chosen.from_documents
    suffix = ", from the documents" if reads else ""
    found = SeriesAnswerer(
        answerer=name,
        title=f"{name}, as it came{suffix}",
        version=version_of(workspace, name),
        from_documents=reads,
        documents_sha256=documents if reads else "",
    )
    if find(workspace.db, Run, id=name):
        run = workspace.finished_run(name)
        check_belongs(run, project.id)
        version = get(workspace.db, DatasetVersion, run.dataset_id)
        return replace(
            found,
            title=f"Run {run.number}: {run.model}, tuned{suffix}",
            base=run.model,
            base_sha256=base_of(workspace, run).sha256,
            dataset_number=version.number,
            dataset_sha256=version.sha256,
        )
    if host := read_engine_settings(workspace.home).hosts.get(name):
        return replace(found, title=f"{name}, on {host.machine}{suffix}")
    model = find_answering(workspace, name)
    if model.format == "adapter":
        title = f"{name}, adapter on {model.base}{suffix}"
        return replace(found, title=title, base=model.base, base_sha256=model.base_sha256)
    return found


def documents_sha256(workspace: Workspace, project: Project) -> str:
    """Return a hash that changes with whatever is approved in a project; "" if nothing is.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    approvals = (workspace.active_review(document.id) for document in documents if document.kind != "pairs")
    approved = sorted(review.anonymized_sha256 for review in approvals if review)
    return sha256_text("\n".join(approved)) if approved else ""


def check_unchanged(workspace: Workspace, project: Project, answerers: Sequence[SeriesAnswerer]) -> None:
    """Raise if one of those who answer a series has become another since it began, or the documents that they read.

    Raises:
        InputError: it has, or is gone.
        AccessError: the acting person may not chat in this project.
    """
    chosen = [Chosen(answerer=each.answerer, from_documents=each.from_documents) for each in answerers]
    for before, now in zip(answerers, as_they_are(workspace, project, chosen), strict=True):
        if before.documents_sha256 != now.documents_sha256:
            raise InputError("The approved documents have changed since this began.", "Compare anew, with a new series.")
        if before != now:
            raise InputError(f"{before.title}: this has changed since the comparison began.", "Compare anew.")
