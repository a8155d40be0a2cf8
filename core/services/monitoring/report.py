"""Everything that is known of how a project's model in use fares, and whether it is time to train again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.deploy.meters import Use
from core.monitoring.document_drift import DocumentDrift
from core.monitoring.figures import Day, Figures, by_answerer, by_day, figures_of
from core.monitoring.question_drift import QuestionDrift
from core.monitoring.reasons import Reason, Signals, reasons_of
from core.records import ModelInUse, Project, Run
from core.services.deploy.use import days_of_use
from core.services.monitoring.documents import document_drift_of
from core.services.monitoring.in_use import model_in_use
from core.services.monitoring.notes import answer_notes, since_of
from core.services.monitoring.questions import question_drift
from core.services.monitoring.rules import monitoring_settings_of
from core.services.monitoring.succession import is_last_evaluation_worse
from core.settings import MonitoringSettings
from core.storage import Workspace, get, rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """A project as it was used within the days that its settings name. Of a model in use, None where none is."""

    settings: MonitoringSettings
    in_use: ModelInUse | None
    run: Run | None  # that is in use
    figures: Figures  # of all answers
    answerers: Mapping[str, Figures]
    days: tuple[Day, ...]
    services: Use  # what other programs asked
    questions: QuestionDrift | None
    documents: DocumentDrift | None
    reasons: tuple[Reason, ...]  # why it is time to train again; () if it is not


def monitoring_of(workspace: Workspace, project: Project) -> Monitoring:
    """Return how a project's model in use fares.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    settings, used = monitoring_settings_of(workspace, project), model_in_use(workspace, project)
    run = get(workspace.db, Run, used.run_id) if used else None
    notes = answer_notes(workspace, project, days=settings.days)
    questions = question_drift(workspace, project, run, days=settings.days) if run else None
    documents = document_drift_of(workspace, project, run) if run else None
    signals = Signals(
        figures=figures_of(note for note in notes if run and note.answerer == run.id),
        questions=questions,
        documents=documents,
        is_evaluation_worse=run is not None and is_last_evaluation_worse(workspace, project, run),
    )
    return Monitoring(
        settings=settings,
        in_use=used,
        run=run,
        figures=figures_of(notes),
        answerers=by_answerer(notes),
        days=tuple(by_day(notes, _last_days(settings.days))),
        services=_used(workspace, project, since_of(settings.days)[:10]),
        questions=questions,
        documents=documents,
        reasons=reasons_of(signals, settings) if run else (),
    )


def _last_days(count: int) -> list[str]:
    today = datetime.now(UTC).date()
    return [f"{today - timedelta(days=back)}" for back in reversed(range(count))]


def _used(workspace: Workspace, project: Project, since: str) -> Use:
    return sum((day.use for day in days_of_use(workspace, project.id) if day.day >= since), Use())
