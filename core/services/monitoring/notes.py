"""What is counted of the answers that people got in conversations: of all people, and never a word."""

from datetime import UTC, datetime, timedelta

from core.monitoring.figures import AnswerNote
from core.records import Project
from core.services.chat.turns import SILENT_S
from core.storage import Workspace

# The questions that people asked since a day, with how well each fits those that a dataset version trains on: a query goes
# on so behind `select …`. Its values are the dataset version's id, the project's and the day.
ASKED = (
    "from chat_turns t join conversations c on c.id = t.conversation_id"
    " left join question_fits f on f.turn_id = t.id and f.dataset_id = ?"
    " where c.project_id = ? and t.created_at >= ? and t.is_replaced = 0"
)
NOT_COMPARED = f"{ASKED} and f.turn_id is null"

# Sentences that nothing supports are looked for only in answers that are no refusals.
_NOTES = """
select substr(t.created_at, 1, 10) as day, t.answerer,
    case when t.state = 'writing' and t.written_at < :silent then 'broken off' else t.state end as state, t.thumb,
    t.correction is not null as is_corrected, t.is_replaced, t.sources <> '{}' as is_from_documents,
    coalesce(json_extract(t.sources, '$.is_refused'), 0) as is_refused,
    exists (select 1 from json_each(t.sources, '$.sentences') s where json_extract(s.value, '$.citations[0]') is null)
        as is_unsupported,
    json_extract(t.pace, '$.first_s') as first_s, json_extract(t.pace, '$.whole_s') as whole_s
from chat_turns t join conversations c on c.id = t.conversation_id
where c.project_id = :project and t.created_at >= :since order by t.created_at
"""


def since_of(days: int) -> str:
    """Return the time from which the last `days` days count, today being the last of them: a midnight in UTC."""
    return f"{datetime.now(UTC).date() - timedelta(days=days - 1)}T00:00:00.000+00:00"


def answer_notes(workspace: Workspace, project: Project, *, days: int) -> list[AnswerNote]:
    """Return what is counted of the answers of the last `days` days, oldest first.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project.id)
    silent = (datetime.now(UTC) - timedelta(seconds=SILENT_S)).isoformat(timespec="milliseconds")
    rows = permitted.db.execute(_NOTES, {"project": project.id, "since": since_of(days), "silent": silent})
    return [
        AnswerNote(
            day=row["day"],
            answerer=row["answerer"],
            state=row["state"],
            thumb=row["thumb"],
            is_corrected=bool(row["is_corrected"]),
            is_replaced=bool(row["is_replaced"]),
            is_from_documents=bool(row["is_from_documents"]),
            is_refused=bool(row["is_refused"]),
            is_unsupported=bool(row["is_unsupported"]) and not row["is_refused"],
            first_s=row["first_s"],
            whole_s=row["whole_s"],
        )
        for row in rows
    ]
