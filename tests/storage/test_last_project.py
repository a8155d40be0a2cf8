"""The project that each person worked in last."""

from core.storage import Workspace, people
from core.storage.last_project import last_project_id, remember
from tests.access.conftest import token


def test_each_person_has_a_last_project_of_his_own(tmp_path):
    account = Workspace(tmp_path)
    project = account.create_project("Pumps")
    assert last_project_id(account.db) is None
    remember(account.db, project)
    assert last_project_id(account.db) == project.id
    ann = Workspace(tmp_path, actor=people.sign_in(account, token("ann")))
    assert last_project_id(ann.db) is None
