"""Which of two answers to a question people preferred: edited answers, replaced ones, and those of feedback and votes."""

from collections.abc import Iterator
from typing import Any

from core.questions.exchange.conversations import training_row
from core.questions.filters import BY_HAND
from core.records import DatasetVersion, Project, QuestionPair
from core.services.questions.datasets import PREFERENCES, read_rows, versions_of
from core.services.questions.trainable import reviewed_form
from core.storage import Workspace, find_all, rights

Row = dict[str, Any]

# An answer that a person changed: what it was stands in the record of the act, until that is forgotten.
_EDITED = """
select p.id as kept, json_extract(r.whole, '$.output') as rejected from pair_act_rows r
join pair_acts a on a.number = r.act join pairs p on p.id = r.pair_id
where a.project_id = ? and r.change = 'edited' and p.state = 'kept' and p.origin <> 'imported'
and json_extract(r.whole, '$.state') = 'kept' and json_extract(r.whole, '$.origin') <> 'imported'
and json_extract(r.whole, '$.review_id') = p.review_id and json_extract(r.whole, '$.input') = p.input
and json_extract(r.whole, '$.output') <> p.output order by r.act, r.pair_id
"""
# An answer that a person dropped where the filters had not, while another one to the same question is kept.
_REPLACED = """
select k.id as kept, d.output as rejected from pairs d join pairs k on k.project_id = d.project_id and k.input = d.input
where d.project_id = ? and d.decided = 'dropped' and d.reason = ? and coalesce(d.reason_before, '') = ''
and d.origin <> 'imported' and k.origin <> 'imported' and k.state = 'kept' and k.review_id = d.review_id
and k.system = d.system and k.history = d.history and k.output <> d.output order by d.rowid, k.rowid
"""


# What was made from feedback or a vote, about text whose approval stands.
_MADE = """
select p.* from preferences p join reviews r on r.id = p.review_id and r.state = 'approved'
where p.project_id = ? order by p.created_at, p.id
"""


def preferences_of(workspace: Workspace, project: Project) -> list[Row]:
    """Return the questions to which people preferred one answer to another: rows with `chosen` and `rejected`.

    They are about text whose approval stands. No filter dropped the rejected answer of a pair, and those of feedback and
    votes were searched: what holds personal data is not learned from, not even as what to avoid. Acts are forgotten after
    a while; what the newest dataset version kept of them stays as long as its chosen answer does.

    Raises:
        AccessError: the acting person may not read the project's documents.
    """
    rights.check(workspace.db, "read documents", project.id)
    earlier = preferences_in(workspace, versions[0]) if (versions := versions_of(workspace, project)) else []
    rejected = list(_rejected(workspace, project))
    earlier = [row for row in earlier if "pair_id" in row]  # the others are stored for good
    named = {pair_id for pair_id, _ in rejected} | {row["pair_id"] for row in earlier}
    kept = {
        pair.id: pair
        for pair in find_all(workspace.db, QuestionPair, named)
        if pair.state == "kept" and reviewed_form(workspace, pair)
    }
    rows = [_row(kept[pair_id], answer) for pair_id, answer in rejected if pair_id in kept]
    rows += [row for row in earlier if row["pair_id"] in kept and row == _row(kept[row["pair_id"]], row["rejected"])]
    return [*{(row["pair_id"], row["rejected"]): row for row in rows}.values(), *_made(workspace, project)]


def preferences_in(workspace: Workspace, version: DatasetVersion) -> list[Row]:
    """Return the preferences of a dataset version; none if it is from before there were any.

    Raises:
        AccessError: the acting person may not read the project's documents.
    """
    rights.check(workspace.db, "read documents", version.project_id)
    path = workspace.dataset_folder(version.project_id, version.id) / PREFERENCES
    return read_rows(path) if path.exists() else []


def _made(workspace: Workspace, project: Project) -> Iterator[Row]:
    """Yield the preferences that were made from feedback and votes."""
    for made in workspace.db.execute(_MADE, [project.id]):
        answers = {"input": made["question"], "chosen": made["chosen"], "rejected": made["rejected"]}
        yield answers | {"preference_id": made["id"], "passage_id": made["passage_id"], "review_id": made["review_id"]}


def _rejected(workspace: Workspace, project: Project) -> Iterator[tuple[str, str]]:
    """Yield the id of each pair whose answer was preferred, and the answer to which it was."""
    for query, values in ((_EDITED, [project.id]), (_REPLACED, [project.id, BY_HAND.name])):
        yield from ((row["kept"], row["rejected"]) for row in workspace.db.execute(query, values))


def _row(pair: QuestionPair, rejected: str) -> Row:
    row = {name: value for name, value in training_row(pair).items() if name != "output"}
    return row | {"chosen": pair.output, "rejected": rejected, "pair_id": pair.id, "review_id": pair.review_id}
