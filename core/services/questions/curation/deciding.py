"""What a person decides about question pairs, one or all that match a filter: keep, drop, or leave it to the filters."""

import json
from collections.abc import Sequence

from core.errors import Hint, InputError
from core.questions.filters import BY_HAND, LEFT_OVER
from core.records import Person
from core.services.questions.curation.acting import acting
from core.storage import Workspace
from core.storage.pairs import acts
from core.storage.pairs.acts import Decision
from core.storage.pairs.pages import PairFilter

Among = PairFilter | Sequence[str]  # all pairs of the project that match, or those with these ids


def keep(workspace: Workspace, project_id: str, among: Among, *, by: Person | None = None) -> int:
    """Keep pairs, whatever the filters say; return how many that changed. Those with personal data stay dropped.

    Raises:
        InputError: pairs were named one by one, and one of them holds personal data; nothing is changed then.
    """
    with acting(workspace, project_id, "question pairs kept", by=by) as act:
        if not isinstance(among, PairFilter):
            named = json.dumps(list(among))
            held = act.permitted.db.execute(
                "select count(*) from pairs where +project_id = ? and +reason = ?"
                " and id in (select value from json_each(?))",
                [project_id, LEFT_OVER.name, named],
            ).fetchone()[0]
            if held:
                raise _holds_personal_data()
        decision = Decision(state="kept", spares=LEFT_OVER.name)
        return acts.decide(act.permitted, act.record, decision, among=among)


def drop(workspace: Workspace, project_id: str, among: Among, *, by: Person | None = None) -> int:
    """Drop pairs, whatever the filters say; return how many that changed. Those with personal data are dropped already."""
    with acting(workspace, project_id, "question pairs dropped", by=by) as act:
        decision = Decision(state="dropped", reason=BY_HAND.name, spares=LEFT_OVER.name)
        return acts.decide(act.permitted, act.record, decision, among=among)


def remove_decisions(workspace: Workspace, project_id: str, among: Among, *, by: Person | None = None) -> int:
    """Give pairs back to the filters, with the state that these gave them last; return how many had a decision."""
    with acting(workspace, project_id, "decisions on pairs removed", by=by) as act:
        return acts.decide(act.permitted, act.record, Decision(state=None, spares=LEFT_OVER.name), among=among)


def _holds_personal_data() -> InputError:
    return InputError(
        "This pair is not kept: it holds personal data.",
        Hint("Edit it and take them out, or put what is none on the list of what never is (page Lists) and save it again."),
    )
