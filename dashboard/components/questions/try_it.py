"""A try on one passage, before anything is written: the exact prompt, what the model replied, what the filters say."""

import streamlit as st

from core import jobs
from core.questions import KINDS, WRITERS
from core.questions.writers.prompt_files import PROMPTS
from core.questions.writers.registry import AUTO
from core.records import Document, Job, Passage, Project
from core.services.questions.filtering import filter_settings_of
from core.services.questions.writing import probing, trying
from core.services.questions.writing.models import find_writing_model
from core.services.questions.writing.prompts import EditablePrompt, list_prompts, reset_prompt, save_prompt
from core.settings import GenerationSettings
from core.storage import Workspace, find, rights
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_job, is_active, newest_job
from dashboard.components.questions.pairs import passage_label

SHOWN_REPLIES = 6


def show_try(workspace: Workspace, project: Project, settings: GenerationSettings, *, is_busy: bool) -> None:
    """Let a person choose a passage, read and edit the prompts, and see what would come of it."""
    with st.expander("Try it on one passage first", icon=":material/science:", key="try-it"):
        st.caption("Nothing is stored: you see the prompt, what the model replies, and which pairs the filters would keep.")
        passage = _choose_passage(workspace, project)
        if passage is None:
            return
        with st.container(border=True, height=160):
            st.text(passage.text)
        edited = _edit_prompts(workspace, project, _way(workspace, settings))
        job = newest_job(workspace, project, "try")
        if st.button("Try it on this passage", icon=":material/play_arrow:", disabled=is_busy or is_active(job), key="try"):
            with shown_errors():
                params = trying.Params(
                    document_id=passage.document_id,
                    passage_id=passage.id,
                    settings=settings.model_copy(update={"prompts": edited}).in_full(),
                    filters=filter_settings_of(workspace, project).in_full(),
                )
                jobs.submit(workspace, params, project_id=project.id)
                st.rerun()
        if job is not None and job.state != "done":
            follow_job(workspace, job)
        elif job is not None:
            _show_tried(workspace, project, job)


def _way(workspace: Workspace, settings: GenerationSettings) -> str:
    """Return the way of writing that is meant, as far as it is known before the model was tried."""
    if settings.writer != AUTO:
        return settings.writer
    choice = probing.known_choice(workspace, find_writing_model(workspace, settings.model))
    return choice.writer if choice else AUTO


def _choose_passage(workspace: Workspace, project: Project) -> Passage | None:
    documents = {
        document.id: document
        for document in find(workspace.db, Document, project_id=project.id, state="read")
        if document.kind != "pairs" and workspace.active_review(document.id)
    }
    if not documents:
        return None
    left, right = st.columns(2)
    document_id = left.selectbox(
        "Document", list(documents), format_func=lambda each: documents[each].name, key="try-document"
    )
    passages = {passage.id: passage for passage in workspace.approved_passages(documents[document_id])[1]}
    passage_id = right.selectbox(
        "Passage",
        list(passages),
        index=len(passages) // 2,  # a document begins with titles and contents, of which nothing can be asked
        format_func=lambda each: passage_label(passages[each]),
        key=f"try-passage-{document_id}",
    )
    return passages.get(passage_id)


def _edit_prompts(workspace: Workspace, project: Project, writer: str) -> dict[str, str]:
    """Draw the prompts of this way of writing; return those whose text differs from what is stored."""
    used = WRITERS[writer].prompts if writer in WRITERS else tuple(PROMPTS)
    prompts = {prompt.name: prompt for prompt in list_prompts(workspace, project) if prompt.name in used}
    if not prompts:
        st.caption("This way of writing has no prompt to edit: rules make the questions, and the model fills in words.")
        return {}
    with st.popover("Read and edit the prompts", icon=":material/edit:", width="stretch"):
        name = st.selectbox(
            "Prompt", list(prompts), format_func=lambda each: _prompt_label(prompts[each]), key="prompt-name"
        )
        prompt = prompts[name]
        st.caption(f"{prompt.description} Words in double braces, such as {{{{passage}}}}, stand for what is put in there.")
        text = st.text_area("Text", prompt.text, height=320, key=f"prompt-text-{name}-{prompt.is_edited}")
        _store_buttons(workspace, prompt, text)
    return {name: text} if text != prompt.text else {}


def _prompt_label(prompt: EditablePrompt) -> str:
    return f"{prompt.words} (edited)" if prompt.is_edited else prompt.words


def _store_buttons(workspace: Workspace, prompt: EditablePrompt, text: str) -> None:
    """Draw what can be done with an edited prompt; whoever may not change it for everybody can still try it."""
    if not rights.may(workspace.db, "set rules"):
        st.caption("You can try your text. An administrator can keep it for all projects.")
        return
    with st.container(horizontal=True):
        if st.button("Keep for all projects", disabled=text == prompt.text, key="prompt-save"):
            with shown_errors():
                save_prompt(workspace, prompt.name, text)
                st.rerun()
        if st.button("Back to the original", disabled=not prompt.is_edited, key="prompt-reset"):
            with shown_errors():
                reset_prompt(workspace, prompt.name)
                st.rerun()


def _show_tried(workspace: Workspace, project: Project, job: Job) -> None:
    tried, result = trying.find_tried(workspace, project, job.id), trying.Result.find(job)
    if tried is None or result is None:
        return
    way = WRITERS[result.writer].words if result.writer in WRITERS else result.writer
    made = f"{counted(result.pairs, 'pair or text', 'pairs and texts')}, {result.kept} would be kept."
    if not tried.replies:
        st.markdown(f"**{way}**: {made} Rules made them: the model was asked nothing.")
        _show_pairs(tried)
        return
    st.markdown(f"**{way}**: {counted(result.replies, 'reply', 'replies')}, {made}")
    prompt, reply, pairs = st.columns(3)
    prompt.markdown("**What the model was told**")
    reply.markdown("**What it replied**")
    pairs.markdown("**What came of it**")
    for each in tried.replies[:SHOWN_REPLIES]:
        prompt.code(each.prompt, language=None, wrap_lines=True, height=240)
        reply.code(each.reply, language=None, wrap_lines=True, height=240)
    if len(tried.replies) > SHOWN_REPLIES:
        prompt.caption(f"And {counted(len(tried.replies) - SHOWN_REPLIES, 'prompt')} more.")
    with pairs:
        _show_pairs(tried)


def _show_pairs(tried: trying.Tried) -> None:
    if not tried.pairs and tried.replies:
        st.caption("Nothing: the replies could not be used. Try again, or choose another model or way of writing above.")
    elif not tried.pairs:
        st.caption("Nothing: no sentence of this passage states a fact that can be asked for. Try another passage.")
    for pair in tried.pairs:
        with st.container(border=True):
            if pair.question:
                st.text(pair.question)
            st.text(pair.answer)
            kind = KINDS[pair.kind].words if pair.kind in KINDS else PROMPTS[pair.kind].words if pair.kind in PROMPTS else ""
            st.caption(kind)
            if pair.reason:
                st.markdown(f":material/cancel: Dropped: {pair.reason.lower()}", help=pair.explanation or None)
            else:
                st.markdown(":material/check_circle: Kept")
            if pair.passed or pair.failed:
                words = [
                    *(f":material/close: **{each}**" for each in pair.failed),
                    *(f":material/check: {each}" for each in pair.passed),
                ]
                with st.popover("What each filter says", width="stretch"):
                    st.markdown("\n".join(f"- {each}" for each in words))
