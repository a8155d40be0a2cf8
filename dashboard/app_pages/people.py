"""People: who signed in, their roles on this machine (administrators), the members of a project (owners)."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.access import ROLES
from core.records import Project, Role
from core.storage import Workspace, people, rights
from core.storage.people import Member
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.review.approval import show_rules
from dashboard.components.words import ago

ROLE_WORDS: dict[Role, str] = {
    "administrator": "Administrator: people, models and jobs of this machine; reads no documents",
    "owner": "Owner: makes projects, gives roles in them, exports",
    "expert": "Expert: brings documents, works on questions, trains",
    "reviewer": "Reviewer: decides what is personal data",
    "approver": "Approver: decides and approves",
    "auditor": "Auditor: reads the audit log; in a project sees where it stands",
}


def show_table(members: Sequence[Member]) -> None:
    """Show people with their roles."""
    rows = [
        {
            "Name": member.person.name,
            "Mail": member.mail,
            "Roles given here": ", ".join(sorted(member.granted)) or "none",
        }
        | ({"By the identity provider": ", ".join(sorted(member.claimed))} if any(one.claimed for one in members) else {})
        | {
            "Last signed in": ago(member.last_seen_at),
            "Id": member.person.id,
        }
        for member in members
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="People with their roles")


def choose_person(members: Sequence[Member], *, key: str) -> Member | None:
    """Draw a choice of these people, by name and mail (or id, without mail); return the member, None if there is none."""
    by_id = {member.person.id: member for member in members}
    chosen = st.selectbox("Person", list(by_id), format_func=lambda person_id: _words(by_id[person_id]), key=key)
    return by_id.get(chosen or "")


def _words(member: Member) -> str:
    return f"{member.person.name} · {member.mail or member.person.id}"


def show_giving(workspace: Workspace, members: Sequence[Member], project: Project | None) -> None:
    """Show the form that grants a role, on this machine or in a project."""
    key = "project" if project else "machine"
    with st.container(border=True, key=f"give-{key}"):
        st.markdown("**Give a role**")
        member = choose_person(members, key=f"give-person-{key}")
        offered = [role for role in ROLES if project is None or role != "administrator"]
        role = st.selectbox("Role", offered, format_func=lambda role: ROLE_WORDS[role], key=f"give-role-{key}")
        if st.button("Give it", disabled=member is None, key=f"give-{key}-button") and member:
            with shown_errors():
                people.grant(workspace, member.person.id, role, project=project)
                st.rerun()


def show_taking(workspace: Workspace, members: Sequence[Member], project: Project | None) -> None:
    """Show the form that takes a role away; nothing if nobody has one to take."""
    key = "project" if project else "machine"
    held = [member for member in members if member.granted]
    if not held:
        return
    with st.popover("Take a role away", icon=":material/person_remove:"):
        member = choose_person(held, key=f"take-person-{key}")
        role = st.selectbox("Role", sorted(member.granted) if member else [], key=f"take-role-{key}")
        st.caption("It is gone at once, also where the person is at work now.")
        if st.button("Take it away", disabled=not role, key=f"take-{key}-button") and member and role:
            with shown_errors():
                people.revoke(workspace, member.person.id, role, project=project)
                st.rerun()


def show_members(workspace: Workspace, projects: Sequence[Project]) -> None:
    """Show the members of a project, initially the current one, and the forms for their roles."""
    by_id = {project.id: project for project in projects}
    current = resources.current_project()
    first = list(by_id).index(current.id) if current and current.id in by_id else 0
    st.subheader("Members of a project")
    chosen = st.selectbox(
        "Of which project", list(by_id), first, format_func=lambda key: by_id[key].name, key="people-project"
    )
    project = by_id[chosen]
    members = people.members(workspace, project)
    if members:
        show_table(members)
    else:
        st.caption("Nobody belongs to this project yet.")
    show_giving(workspace, people.candidates(workspace, project), project)
    show_taking(workspace, members, project)
    if workspace.actor is not None and rights.may(workspace.db, "see project", project.id):
        show_rules(workspace, project, workspace.actor.person)  # those who set rules need not be reviewers


def show_machine(workspace: Workspace) -> None:
    """Show everybody who signed in, with their roles on this machine."""
    st.subheader("Everybody who signed in")
    everybody = people.list_people(workspace)
    show_table(everybody)
    st.caption("A role on this machine counts in a project too, for its members.")
    show_giving(workspace, everybody, None)
    show_taking(workspace, everybody, None)
    with st.popover("Sign somebody out", icon=":material/logout:"):
        member = choose_person(everybody, key="end-person")
        if st.button("End every sign-in of this person", disabled=member is None, key="end-sign-ins") and member:
            with shown_errors():
                people.end_sign_ins(workspace, member.person.id)
                st.rerun()


workspace = resources.workspace()
is_administrator = rights.may(workspace.db, "manage people")
if is_administrator and not people.list_people(workspace):
    empty_state(
        "Nobody signs in here yet: whoever sits at this machine may do everything. Your administrator can set up sign-in: "
        "see *Sign-in* in the installation guide."
    )
    st.stop()
managed = people.managed_projects(workspace)
if not managed and not is_administrator:
    rights.check(workspace.db, "manage members")
if managed:
    show_members(workspace, managed)
if is_administrator:
    show_machine(workspace)
