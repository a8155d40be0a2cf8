"""Export of question pairs: only those that may be trained on.

Both the command line and the Questions page use this module, so no pair from unapproved text can be exported.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from core.files import check_folder, check_target
from core.questions import pair_format, write_pairs
from core.records import Project, QuestionPair
from core.services.questions.trainable import approvals_of, reviewed_pairs
from core.services.review import risk_of, unread_risk
from core.storage import Workspace, audit, find, rights
from core.storage.pairs.pages import kept_groups


@dataclass(frozen=True, slots=True)
class PairExport:
    """The kept pairs in their approved form, and how many kept pairs are left out for which reason."""

    pairs: tuple[QuestionPair, ...]
    unapproved: int = 0
    outdated: int = 0
    unread: str | None = None  # sentence saying who approved their source unread; None if nobody did
    lost: str = ""  # sentence saying what of the pairs the format cannot hold; "" if nothing is lost

    @property
    def left_out(self) -> int:
        """Number of kept pairs that are not exported."""
        return self.unapproved + self.outdated

    @property
    def note(self) -> str:
        """What was left out and why, as text; "" if nothing was."""
        reasons = (
            (self.unapproved, "their document is not approved"),
            (self.outdated, "their text changed when it was approved again; write question pairs once more"),
        )
        return "; ".join(f"{number} left out: {reason}" for number, reason in reasons if number)


def exportable_pairs(workspace: Workspace, project: Project) -> PairExport:
    """Return the kept pairs of `project` whose document has a valid approval; imported ones in their anonymized form.

    Raises:
        InputError: there are none, and why.
        AccessError: the actor's role does not allow it.
    """
    rights.check(workspace.db, "export", project.id)
    pairs = reviewed_pairs(workspace, project)
    given = {pair.id for pair in pairs}
    kept = find(workspace.db, QuestionPair, project_id=project.id, state="kept")
    left_out = [pair for pair in kept if pair.id not in given]
    unapproved = sum(workspace.active_review(pair.document_id) is None for pair in left_out)
    unread = unread_risk(risk_of(approvals_of(workspace, (pair.review_id for pair in pairs))))
    return PairExport(tuple(pairs), unapproved, len(left_out) - unapproved, unread)


def exportable_counts(workspace: Workspace, project: Project) -> tuple[int, PairExport]:
    """Count the pairs that can be exported, without loading them; and say what is left out and what was approved unread.

    Raises:
        AccessError: the actor's role does not allow it.
    """
    rights.check(workspace.db, "export", project.id)
    groups = kept_groups(workspace, project.id)
    active = {group.document_id: workspace.active_review(group.document_id) for group in groups}
    usable, unapproved, outdated, approvals = 0, 0, 0, {}
    for group in groups:
        review = active[group.document_id]
        if review is None:
            unapproved += group.pairs
        elif group.is_imported or group.review_id == review.id:
            usable += group.pairs
            approvals[review.id] = review
        else:
            outdated += group.pairs
    unread = unread_risk(risk_of(list(approvals.values()))) if approvals else None
    return usable, PairExport((), unapproved, outdated, unread)


def export_pairs(
    workspace: Workspace,
    project: Project,
    target: Path,
    *,
    format: str = "jsonl",
    with_source: bool = False,
    is_forced: bool = False,
) -> PairExport:
    """Write the exportable pairs to `target` in one of `PAIR_FORMATS`; return what was written and left out.

    A format of several files becomes a folder, or a zip if `target` ends in .zip.

    Raises:
        InputError: the format is unknown, there are no pairs, `target` exists and `is_forced` is not set (a folder must be
            empty), or its folder does not exist.
        SetupError: the file cannot be written.
    """
    export = exportable_pairs(workspace, project)
    chosen = pair_format(format)  # refuse an unknown one before the log says that it was exported
    if chosen.is_folder and target.suffix != ".zip":
        check_folder(target)
    else:
        check_target(target, is_forced=is_forced)
    # log first: an entry without a file is better than a file without an entry
    counts = {"pairs": len(export.pairs), "left out": export.left_out}
    audit.append(workspace.db, "question pairs exported", subjects={"project": project.id}, counts=counts)
    write_pairs(export.pairs, target, format=format, with_source=with_source)
    return replace(export, lost=chosen.note(export.pairs)) if chosen.note else export
