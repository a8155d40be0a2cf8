"""A job of the own project does not reach another project's records, also where the roles there would show them."""

from pathlib import Path

import pytest

from core import jobs
from core.errors import InputError
from core.records import Job, Run
from core.services.training import evaluation, export
from core.storage import Workspace, find

from .conftest import SignIn, filled


@pytest.mark.parametrize("kind", ["export", "evaluate"])
def test_owner_of_one_project_takes_no_run_of_another_where_they_only_look_on(
    kind: str,
    workspace: Workspace,
    signed_in: SignIn,
    tmp_path: Path,
) -> None:
    (ours, _, _), (theirs, _, _) = filled(workspace, "Ours"), filled(workspace, "Theirs")
    signed_in("mallory", ("owner", "expert"), ours)
    mallory = signed_in("mallory", ("auditor",), theirs)
    run = find(mallory.db, Run, project_id=theirs.id)[0]  # an auditor sees that there is one
    params = {
        "export": export.Params(run_id=run.id, format="adapter", quantization="f16", target=str(tmp_path / "stolen")),
        "evaluate": evaluation.Params(run_id=run.id),
    }
    with pytest.raises(InputError, match="belong"):
        jobs.submit(mallory, params[kind], project_id=ours.id)
    assert find(workspace.db, Job) == []
