"""The Audit page: who did what, and whether the log is whole."""

import sqlite3

from core.storage.audit import HEADS_NAME


def table(app):
    return app.dataframe[0].value


def test_the_log_is_shown_newest_first_with_a_sentence_that_it_is_whole(open_page, workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed", actor="Bob")
    app = open_page("audit", project_id=learned.project.id)
    assert not app.exception and not app.error
    assert app.success[0].value == "The log is whole: 3 entries, none changed, moved or taken out."
    assert list(table(app)["What"]) == ["review withdrawn", "review approved", "log begun"]
    assert list(table(app)["Project"]) == ["Field manuals", "Field manuals", ""]
    assert app.code[0].value.startswith("3:")


def test_the_log_is_narrowed_to_a_project_a_person_or_both(open_page, workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed", actor="Bob")
    app = open_page("audit", project_id=learned.project.id)
    app.selectbox(key="audit-project").select(learned.project.id).run()
    assert len(table(app)) == 2
    app.text_input(key="audit-named").input("Bob").run()
    assert list(table(app)["Who"]) == ["Bob"]
    app.text_input(key="audit-named").input("nobody").run()
    assert not app.dataframe and any(caption.value == "No entry names that." for caption in app.caption)


def test_a_log_that_was_changed_says_so(open_page, workspace, learned):
    workspace.close()
    db = sqlite3.connect(workspace.home / "garrison.sqlite3")
    db.execute("drop trigger audit_is_unchanged")
    db.execute("update audit set entry = '{' where sequence = 2")
    db.commit()
    db.close()
    (workspace.home / HEADS_NAME).unlink()
    app = open_page("audit", project_id=learned.project.id)
    assert not app.exception and not app.success
    for finding in ("guard audit_is_unchanged", "Entry 2 was changed", "list of heads"):
        assert finding in app.error[0].value
    assert "Entry 2 of the audit log cannot be read" in app.error[1].value
