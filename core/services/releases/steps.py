"""A lineage in steps, from the release back to the documents: each in words, and whether all of it is what it was."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.services.releases.traced import Trace
from core.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a lineage; `is_unchanged` is None if some of it is not there to be looked at, or has no hash."""

    title: str
    words: str
    sha256: str | None  # of what is one; None of what is many
    is_unchanged: bool | None


def steps(found: Trace) -> list[Step]:
    """Return the steps of a lineage, the newest first."""
    listed = [*_release(found), *_runs(found), *_versions(found)]
    kept = sum(row.is_heldout for row in found.rows)
    rows = f"{counted(len(found.rows) - kept, 'row')} trained on, {kept:,} held out"
    people = [each for each in found.decisions if each.person]
    decided = sum(each.accepted + each.rejected for each in people)
    return [
        *listed,
        Step(title="Rows", words=rows, sha256=None, is_unchanged=_together(each.is_unchanged for each in found.versions)),
        Step(
            title="Passages",
            words=f"{counted(len(found.passages), 'passage')} of approved text",
            sha256=None,
            is_unchanged=_together(each.is_unchanged for each in found.reviews),
        ),
        Step(
            title="Review",
            words=f"{counted(decided, 'decision')} by {counted(len(people), 'person', 'people')}, "
            f"{counted(len(found.reviews), 'approval')}",
            sha256=None,
            is_unchanged=None if found.lost_reviews else _together(each.is_unchanged for each in found.reviews),
        ),
        Step(
            title="Documents",
            words=counted(len(found.documents), "document"),
            sha256=None,
            is_unchanged=_together(each.is_unchanged for each in found.documents),
        ),
    ]


def _release(found: Trace) -> list[Step]:
    release = found.release
    if release is None:
        return []
    made = f"{release.format}, made {release.created_at[:10]}"
    return [Step(title="Release", words=made, sha256=release.sha256, is_unchanged=release.is_unchanged)]


def _runs(found: Trace) -> list[Step]:
    return [
        Step(
            title=f"Run {run.number}",
            words=f"{run.model}, trained {run.created_at[:10]}",
            sha256=run.learned_sha256,
            is_unchanged=run.is_unchanged and run.is_model_unchanged is not False,
        )
        for run in found.runs
    ]


def _versions(found: Trace) -> list[Step]:
    return [
        Step(
            title=f"Dataset version {version.number}",
            words=f"frozen {version.created_at[:10]}",
            sha256=version.sha256,
            is_unchanged=version.is_unchanged,
        )
        for version in found.versions
    ]


def _together(checks: Iterable[bool | None]) -> bool | None:
    """Return False if one is, else None if one is, else True; None of nothing."""
    found = list(checks)
    if False in found:
        return False
    return None if not found or None in found else True
