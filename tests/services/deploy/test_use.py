"""What was used, by day and model."""

from core.deploy.meters import Meters, Use
from core.services.deploy.keys import add_key, list_keys
from core.services.deploy.use import days_of_use, note_use
from core.storage import Workspace


def test_counts_of_a_day_add_up_and_the_keys_know_when_they_were_used(workspace: Workspace) -> None:
    permitted = workspace.allowed("manage machine")
    first, second = add_key(workspace, "first"), add_key(workspace, "second")
    one = Use(requests=2, refused=1, tokens_in=30, tokens_out=8, seconds=1.5)
    for use in (one, Use(requests=1, failed=1, tokens_in=5, seconds=0.5)):
        note_use(permitted, "tiny", project_id=None, use=use, key_ids={first.key.id})
    note_use(permitted, "other", project_id=None, use=Use(requests=1), key_ids=set())
    note_use(permitted, "idle", project_id=None, use=Use(), key_ids=set())
    days = {day.model: day.use for day in days_of_use(workspace)}
    assert days == {
        "tiny": Use(requests=3, refused=1, failed=1, tokens_in=35, tokens_out=8, seconds=2.0),
        "other": Use(requests=1),
    }
    used = {key.id: key.last_used_at for key in list_keys(workspace)}
    assert used[first.key.id] and used[second.key.id] is None


def test_the_counts_of_a_project_go_with_it(workspace: Workspace) -> None:
    project = workspace.create_project("Manuals")
    permitted = workspace.allowed("manage machine")
    note_use(permitted, "run-1", project_id=project.id, use=Use(requests=1), key_ids=set())
    assert [day.model for day in days_of_use(workspace, project.id)] == ["run-1"] and days_of_use(workspace) == []
    workspace.db.execute("delete from projects where id = ?", [project.id])
    assert workspace.db.execute("select count(*) from service_days").fetchone()[0] == 0


def test_what_could_not_be_stored_is_taken_again() -> None:
    meters = Meters()
    with meters.request("chat") as metered:
        metered.tokens_out = 4
    taken = meters.take()
    assert meters.take() == Use()
    meters.put_back(taken)
    with meters.request("chat") as metered:
        metered.state = "failed"
    again = meters.take()
    assert (again.requests, again.failed, again.tokens_out) == (2, 1, 4)
