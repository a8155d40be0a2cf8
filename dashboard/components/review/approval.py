"""From proposal to approval on the review page: open points, sample and second search, and who may do what."""

from collections.abc import Set

import streamlit as st

from core import jobs
from core.identity import standing
from core.records import Person, Project, Review, TwoPersonRule, Unread
from core.services import review
from core.services.review import Remedy
from core.services.review.second_search import second_search_of
from core.storage import Workspace, get
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.person import reason_against
from dashboard.components.review.decisions import ask_approval, is_left_unread, start_approval
from dashboard.components.review.page_text import entity_words
from dashboard.components.review.session import ReviewSession, forget_last
from dashboard.components.review.unread import show_unread_question
from dashboard.components.words import ago, unformatted
from dashboard.session_keys import RETURN_COMMENT

RULE_WORDS: dict[TwoPersonRule, str] = {
    "auto": "as soon as a second person works in this project",
    "on": "always",
    "off": "never: who proposes may approve",
}


def show_approval(session: ReviewSession, *, is_searched: bool) -> None:
    """Show the box below the text: how far the document is on its way to approval, and what can be done next."""
    approved = session.workspace.active_review(session.document.id)
    proposed = session.workspace.standing_proposal(session.document.id)
    no_approval = reason_against(session.workspace, "approve", session.project)
    with st.container(border=True, key="approval"):
        if approved:
            _show_approved(session, approved)
        elif proposed:
            _show_proposed(session, proposed)
        else:
            _show_open(session, is_primary=is_searched)
        if session.pending and session.pending.is_unread:
            show_unread_question(session, session.pending)
        if session.project.policy == "all-at-once" and st.button(
            "Approve all documents",
            type="primary" if is_searched and review.is_all_read(session.workspace, session.project) else "secondary",
            icon=":material/verified_user:",
            disabled=session.person is None or bool(no_approval),
            help=no_approval or None,
            key="approve-all",
        ):
            start_approval(session, is_all=True)
        if session.person is None:
            st.caption("Write your name above to decide, propose and approve.")
        show_rules(session.workspace, session.project, session.person)


def _show_open(session: ReviewSession, *, is_primary: bool) -> None:
    returned = review.last_return(session.workspace, session.document)
    if returned:
        st.warning(f"Returned by {returned.reviewer} {ago(returned.created_at)}:", icon=":material/undo:")
        st.text(returned.reason)
    is_policy = session.project.policy == "each-document"
    points = review.open_points(session.workspace, session.project, session.document)
    undecided = sum(span.state == "detected" for span in session.spans)
    rest = f" {counted(undecided, 'span')} not decided yet will be replaced too." if undecided and not points else ""
    st.markdown(
        "You propose the anonymized text of this document: every span that is not rejected is replaced."
        f"{rest} Your name is kept with it."
    )
    for point in points:
        st.markdown(f":material/pending: {review.point_words(point)}")
    unread = review.unread_of(session.workspace, session.project, session.document) if not is_policy else Unread()
    if unread:
        st.markdown(f":material/pending: Not looked at yet: {review.unread_words(unread)}.")
    sample = review.sample_of(session.workspace, session.document)
    if sample.read or not points:
        st.caption(figures_words(session))
    is_nameless = session.person is None
    no_proposal = reason_against(session.workspace, "propose", session.project)
    no_approval = reason_against(session.workspace, "approve", session.project)
    with st.container(horizontal=True, gap="small"):
        _show_remedies(session, {point.remedy for point in points}, unread)
        if st.button(
            "Propose approval (P)",
            type="primary" if is_primary and is_policy and not points else "secondary",
            icon=":material/outbox:",
            disabled=is_nameless or bool(points or no_proposal),
            help=no_proposal or (review.point_words(points[0]) if points else None),
            key="propose",
        ):
            propose(session)
        if _may_approve(session) and st.button(
            "Approve this document (Y)",
            icon=":material/verified_user:",
            disabled=is_nameless or bool(no_approval),
            help=no_approval or None,
            key="approve",
        ):
            start_approval(session, is_all=False)
    show_second(session)


def _show_remedies(session: ReviewSession, due: Set[Remedy], unread: Unread) -> None:
    """Show the buttons that settle open points or what is unread; spans are decided beside the text."""
    is_nameless = session.person is None
    if (unread.unsampled or Remedy.READ_SAMPLE in due) and st.button(
        "Read the sample (s)", icon=":material/quick_reference_all:", disabled=is_nameless, key="read-sample"
    ):
        session.turn_to("sample")
    is_due = Remedy.SEARCH_AGAIN in due
    if (is_due or unread.unsearched) and st.button(
        "Search once more",
        icon=":material/search:",
        type="primary" if is_due or unread == Unread(unsearched=1) else "secondary",
        disabled=is_nameless,
        key="search-again",
    ):
        search_again(session)


def _show_proposed(session: ReviewSession, proposed: Review) -> None:
    st.markdown(f":material/outbox: Proposed by **{proposed.proposer}** {ago(proposed.created_at)}.")
    _show_decided(session, proposed)
    against, no_approval = "Write your name above.", reason_against(session.workspace, "approve", session.project)
    if session.person is not None:
        against = no_approval or review.reason_against(
            session.workspace, session.project, session.document, by=session.person
        )
    if against and session.person is not None:
        st.caption(against)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if st.button(
            "Approve (Y)",
            type="secondary" if is_left_unread(session) else "primary",
            icon=":material/verified_user:",
            disabled=bool(against),
            help=against or None,
            key="approve",
        ):
            start_approval(session, is_all=False)
    with st.form("return-form", border=False):
        comment = st.text_input("Comment (c)", key=RETURN_COMMENT, max_chars=500, placeholder="What to look at again")
        is_off = session.person is None or bool(no_approval)
        if st.form_submit_button(
            "Return with the comment", icon=":material/undo:", disabled=is_off, help=no_approval or None
        ):
            give_back(session, comment)
    show_second(session)


def _show_approved(session: ReviewSession, approved: Review) -> None:
    checked = standing(is_authenticated=approved.is_authenticated)
    if unread := review.unread_sentence(approved):
        st.markdown(f":material/warning: **{unformatted(unread)}**")
    by = f"Approved by **{approved.reviewer}** {ago(approved.created_at)}"
    if approved.proposer is not None and approved.proposer != approved.reviewer:
        by += f", proposed by **{approved.proposer}**"
    st.markdown(
        f":material/check_circle: {by} ({checked}), {counted(approved.span_count, 'piece')} of personal data replaced. "
        "A changed decision needs a new approval."
    )
    st.caption(f"{review.sample_words(approved)} {review.second_words(approved)}")
    with st.popover("Take the approval back", icon=":material/undo:", disabled=session.person is None):
        reason = st.text_input("Why does it no longer hold?", key="withdraw-reason", max_chars=200)
        if st.button("Take it back", key="withdraw", disabled=not reason.strip()):
            withdraw(session, reason)


def _show_decided(session: ReviewSession, proposed: Review) -> None:
    """Show what the approver answers for: the decisions, who made them, the sample and the second search."""
    accepted = sum(span.state == "accepted" for span in session.spans)
    rejected = sum(span.state == "rejected" for span in session.spans)
    open_ = len(session.spans) - accepted - rejected
    people = ", ".join(sorted({span.reviewer for span in session.spans if span.reviewer is not None})) or "nobody"
    st.markdown(
        f"{counted(accepted, 'span')} accepted, {rejected:,} rejected, {open_:,} not decided (replaced too); "
        f"by {people}.  \n{review.sample_words(proposed)}  \n{review.second_words(proposed)}"
    )


def figures_words(session: ReviewSession) -> str:
    """Describe what the sample has shown so far; "" if there is nothing to read."""
    sample = review.sample_of(session.workspace, session.document)
    if not sample.read:
        return "No sample was read: the share of missed passages is unknown." if sample.unread_count else ""
    return f"Sample: {counted(sample.read, 'passage')} read, {sample.missed or 'none'} missed."


def show_second(session: ReviewSession) -> None:
    """Show the places the second search found that no span covers, each as a button that jumps to it (at most 30)."""
    second = second_search_of(session.workspace, session.document)
    if second is None or not second.places:
        return
    standing = [(span.start, span.end) for span in session.spans if span.state != "rejected"]
    left = [(a, b, e) for a, b, e in second.places if not any(start <= a and b <= end for start, end in standing)]
    if not left:
        return
    st.markdown(f"The second search found {counted(len(left), 'place')} that may be personal data:")
    with st.container(horizontal=True, gap="small"):
        for number, (start, end, entity) in enumerate(left[:30]):
            value = " ".join(session.text[start:end].split())[:40]
            label = "".join(c if c.isalnum() or c in " '’" else " " for c in value)
            if st.button(f"{label} ({entity_words(entity)})", key=f"second-{number}", icon=":material/my_location:"):
                session.show_place(start)


def show_rules(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Show the project's two approval rules; those who may set rules can change them, and each change is audited."""
    project = get(workspace.db, Project, project.id)
    needs_two = review.needs_two(workspace, project)
    against = reason_against(workspace, "set rules", project)
    is_off = person is None or bool(against)
    with st.popover("Rules of this project", icon=":material/rule:", disabled=is_off, help=against or None):
        st.caption(f"Two persons are {'needed' if needs_two else 'not needed'} now. A change is kept in the audit log.")
        rules = list(RULE_WORDS)
        rule = st.selectbox(
            "Another person approves",
            rules,
            index=rules.index(project.two_person),
            format_func=lambda name: RULE_WORDS[name],
            key="rule-two-person",
        )
        size = st.number_input("Passages to read before a proposal", 0, 1000, project.sample_size, key="rule-sample")
        if st.button("Keep these rules", key="rule-keep") and person is not None:
            with shown_errors():
                review.set_two_person(workspace, project, rule, by=person)
                review.set_sample_size(workspace, project, int(size), by=person)
                st.rerun(scope="app")


def search_again(session: ReviewSession) -> None:
    """Start the second search of this document; the page then follows the job."""
    from core.services.privacy import second_search

    with shown_errors():
        params = second_search.Params(document_id=session.document.id, **_declared_name(session.person))
        jobs.submit(session.workspace, params, project_id=session.project.id)
        st.rerun(scope="app")


def _declared_name(person: Person | None) -> dict[str, str]:
    """Return the declared name as a job parameter for the audit log.

    Empty for a signed-in person, whose name core already knows.
    """
    return {"by": person.name} if person and not person.is_authenticated else {}


def propose(session: ReviewSession) -> None:
    """Propose the document; if something is still open, start the second search or say what is missing."""
    if session.person is None:
        return
    with shown_errors():
        points = review.open_points(session.workspace, session.project, session.document)
        if points and points[0].remedy is Remedy.SEARCH_AGAIN:
            search_again(session)
        if points:
            st.warning(review.point_words(points[0]), icon=":material/pending:")
            return
        review.propose(session.workspace, session.project, session.document, by=session.person)
        forget_last()
        st.rerun(scope="app")


def give_back(session: ReviewSession, comment: str) -> None:
    """Return the proposal to the reviewers with a comment."""
    if session.person is None:
        return
    with shown_errors():
        review.return_(session.workspace, session.document, comment=comment, by=session.person)
        st.rerun(scope="app")


def withdraw(session: ReviewSession, reason: str) -> None:
    """Withdraw the standing approval, for the reason given."""
    if session.person is None:
        return
    with shown_errors():
        review.withdraw(session.workspace, session.document, reason=reason, by=session.person)
        st.rerun(scope="app")


def press_approve(session: ReviewSession) -> None:
    """Handle the approve key: ask for confirmation, or say why approval is not possible."""
    if session.person is None:
        return
    against = reason_against(session.workspace, "approve", session.project) or review.reason_against(
        session.workspace, session.project, session.document, by=session.person
    )
    if against:
        st.warning(against, icon=":material/pending:")
    elif not session.workspace.active_review(session.document.id):
        ask_approval(session)


def _may_approve(session: ReviewSession) -> bool:
    """Tell whether to offer approval without a proposal; not if another person has to approve."""
    if session.person is None:
        return not review.needs_two(session.workspace, session.project)
    return not review.reason_against(session.workspace, session.project, session.document, by=session.person)
