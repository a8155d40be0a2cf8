"""The overview: the six steps, what is next, and the project in the sidebar."""

from core.records import Job, Project, new_id, now
from core.storage import find, insert


def primary_buttons(app):
    return [button.key for button in app.main.button if button.proto.type == "primary"]


def test_empty_project_says_what_comes_first_with_its_one_primary_button(open_page, workspace):
    project = workspace.create_project("Manuals")
    app = open_page(project_id=project.id)
    assert primary_buttons(app) == ["next-action"]
    assert app.button(key="next-action").label == "Add documents"


def test_six_cards_tell_where_the_project_stands(open_page, workspace, learned):
    app = open_page(project_id=learned.project.id)
    shown = [text.value for text in app.main.markdown]
    for title in ("1 Documents", "2 Review", "3 Questions", "4 Train", "5 Evaluate", "6 Use"):
        assert f"**{title}**" in shown
    assert any(text.endswith(" needs you") for text in shown)
    assert app.button(key="next-action").label == "Compare with the base model"


def test_sample_project_says_so_and_offers_the_tour(open_page, workspace):
    sample, own = workspace.create_project("Sample", is_sample=True), workspace.create_project("Own")
    assert any("sample project" in text.value for text in open_page(project_id=sample.id).markdown)
    assert not any("sample project" in text.value for text in open_page(project_id=own.id).markdown)


def test_what_ran_last_is_listed(open_page, workspace):
    project = workspace.create_project("Manuals")
    insert(
        workspace.db,
        Job(id=new_id("job"), kind="read", project_id=project.id, state="done", created_at=now(), finished_at=now()),
    )
    app = open_page(project_id=project.id)
    assert any("Read documents · done · just now" in text.value for text in app.markdown)


def test_new_project_is_made_in_the_sidebar_and_chosen(open_page, workspace):
    workspace.create_project("Old")
    app = open_page()
    app.text_input(key="new-project-name").set_value("Field manuals")
    app.radio(key="new-project-policy").set_value("all-at-once")
    next(button for button in app.button if button.label == "Create project").click().run()
    project = next(project for project in find(workspace.db, Project) if project.name == "Field manuals")
    assert project.policy == "all-at-once"
    assert app.session_state["project_id"] == project.id
    assert app.query_params["project"] == project.id


def test_taken_project_name_is_refused_in_place(open_page, workspace):
    workspace.create_project("Manuals")
    app = open_page()
    app.text_input(key="new-project-name").set_value("manuals")
    next(button for button in app.button if button.label == "Create project").click().run()
    assert "already" in app.error[0].value
    assert len(find(workspace.db, Project)) == 1


def test_project_in_the_address_is_opened(open_page, workspace):
    wanted = workspace.create_project("Wanted")
    workspace.create_project("Newer")
    app = open_page(address=wanted.id)
    assert app.session_state["project_id"] == wanted.id


def test_first_project_is_made_on_the_page_itself(open_page, workspace):
    app = open_page("documents")
    app.text_input(key="first-project-name").set_value("Field manuals")
    next(button for button in app.main.button if button.label == "Create project").click().run()
    assert [project.name for project in find(workspace.db, Project)] == ["Field manuals"]
    assert app.title[0].value == "Documents"
