"""Models: what is on this machine, whether it is unchanged, adding and removing."""

import re
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import InputError
from core.files import disk_errors
from core.models.adapters.belonging import LANGUAGE
from core.models.described import lines_of
from core.models.model_formats import uses_in_words
from core.models.registry import Health, add_model, file_hashes, list_models, model_folders, remove_model, verify_models
from core.records import Model
from core.storage import Workspace, rights
from core.words import size
from dashboard import resources
from dashboard.components.errors import shown_errors

HEALTH = {
    "unchanged": "✓ unchanged",
    "changed": "✗ CHANGED",
    "missing": "✗ file is gone",
    "not recorded": "– no checksum",
}


def show_table(models: list[Model]) -> None:
    """Show every model with what an administrator wants to know: use, size, license, origin, checksum."""
    checked: dict[str, Health] = st.session_state.get("verified", {})
    rows = [
        {
            "Name": model.name,
            "Used for": uses_in_words(model),
            "Size": size(model.size_bytes),
            "License": model.license or "not stated",
            "Came": "with Garrison" if model.is_embedded else "added here",
        }
        | ({"Checked": HEALTH[checked[model.name]] if model.name in checked else ""} if checked else {})
        | {"SHA-256": model.sha256[:12] or "not recorded"}
        for model in models
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Models on this machine with size, license and checksum")


def show_card(models: list[Model]) -> None:
    """Show what one model is, and the checksum of each of its files."""
    with st.expander("What a model is", icon=":material/info:"):
        names = [model.name for model in models]
        name = st.selectbox("Model", names, key="model-card")
        model = next(model for model in models if model.name == name)
        lines = lines_of(model)
        st.dataframe(pd.DataFrame(lines.items(), columns=["", "What it is"]), hide_index=True, alt="What the model is")
        if model.training_fault:
            st.warning(f"It can answer, but cannot be trained. {model.training_fault}", icon=":material/warning:")
        files = file_hashes(model)
        if files:
            shown = pd.DataFrame(files.items(), columns=["File", "SHA-256"])
            st.dataframe(shown, hide_index=True, alt="Checksum of each file of the model")


def show_verify(workspace: Workspace) -> None:
    """Offer to read every model again and compare checksums, and show the result."""
    if st.button("Check that they are unchanged", icon=":material/verified_user:", key="verify-models"):
        with shown_errors(), st.spinner("Reading every model once …", show_time=True):
            verdicts = verify_models(model_folders(workspace.home))
            st.session_state["verified"] = {verdict.model.name: verdict.health for verdict in verdicts}
        st.rerun()
    checked: dict[str, Health] = st.session_state.get("verified", {})
    bad = [name for name, health in checked.items() if health in ("changed", "missing")]
    if bad:
        st.error(
            f"Not as recorded: {', '.join(bad)}. Do not use them; remove them and add them again.", icon=":material/error:"
        )
    elif checked:
        st.success("No model has changed since it came.", icon=":material/verified_user:")


def show_add(workspace: Workspace, bases: list[str]) -> None:
    """Show the forms that add a model: from a path on this machine, or through the browser; `bases` may carry an adapter."""
    here, browser = st.columns(2)
    with here.form("add-by-path", border=True):
        st.markdown("**From a folder or file on this machine**")
        path = st.text_input("Path", placeholder="/media/usb/my-model.gguf", key="model-path")
        name = st.text_input("Name here (optional)", key="model-name")
        base = _choose_base(bases, key="model-base")
        if st.form_submit_button("Add", type="primary", icon=":material/add:"):
            with shown_errors():
                if not path.strip():
                    raise InputError("No path was given.", "Give a GGUF file or a folder with safetensors.")
                _add(workspace, Path(path.strip()).expanduser(), name.strip(), base)
    with browser.form("add-by-upload", border=True, clear_on_submit=True):
        st.markdown("**Through this browser**")
        files = st.file_uploader(
            "One GGUF file, or all files of a safetensors model or an adapter, or a zip of them",
            type=["gguf", "safetensors", "json", "jinja", "model", "txt", "md", "zip"],
            accept_multiple_files=True,
            key="model-files",
        )
        name = st.text_input("Name here", key="upload-name", help="Needed for a safetensors model or an adapter.")
        base = _choose_base(bases, key="upload-base")
        if st.form_submit_button("Add", icon=":material/upload:", key="add-upload"):
            with shown_errors():
                _add_upload(workspace, files, name.strip(), base)


def _choose_base(bases: list[str], *, key: str) -> str:
    """Ask which model an adapter belongs to; "" for the one that it names itself, or if it is no adapter."""
    return st.selectbox(
        "Base, if it is an adapter",
        ["", *bases],
        format_func=lambda name: name or "The one that it names",
        key=key,
        help="An adapter (LoRA) changes one model and no other. Choose it here if the adapter does not name it.",
    )


def _add(workspace: Workspace, path: Path, name: str, base: str) -> None:
    rights.check(workspace.db, "manage models")
    with st.spinner("Copying and checking …", show_time=True):
        model = add_model(workspace.home, path, name or None, base=base)
    st.toast(f"{model.name} is here now", icon=":material/check_circle:")
    st.session_state.pop("verified", None)
    st.rerun()


def _add_upload(workspace: Workspace, files: Sequence[UploadedFile], name: str, base: str) -> None:
    """Store the files in the workspace, add them as if they lay on a disk, then delete these copies."""
    if not files:
        raise InputError("No file was given.", "Choose a GGUF file, or all files of a safetensors model.")
    is_one = len(files) == 1 and files[0].name.lower().endswith((".gguf", ".zip"))
    if not is_one and not name:
        raise InputError("This model has no name yet.", "Write a name into the field.")
    folder = workspace.home / "incoming" / secrets.token_hex(8)
    try:
        for file in files:
            path = folder / re.sub(r"[^A-Za-z0-9._-]", "-", Path(file.name).name).lstrip(".")
            with disk_errors(path):
                folder.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as target:
                    shutil.copyfileobj(file, target)
        _add(workspace, path if is_one else folder, name, base)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show_remove(workspace: Workspace, models: list[Model]) -> None:
    """Offer to remove added models; the name must be typed, because runs based on a model are useless without it."""
    added = [model.name for model in models if not model.is_embedded]
    with st.popover(
        "Remove a model", icon=":material/delete:", disabled=not added, help="Those that came with Garrison stay."
    ):
        name = st.selectbox("Which one", added, key="remove-model-name")
        st.markdown("Its files are deleted. Runs and adapters on it cannot be used until it is added again.")
        typed = st.text_input("Type its name to confirm", key="remove-model-typed")
        if st.button("Remove for good", disabled=not name or typed.strip() != name, key="remove-model"):
            with shown_errors():
                rights.check(workspace.db, "manage models")
                remove_model(workspace.home, name, workspace.unpacked_folder)
                st.session_state.pop("verified", None)
                st.rerun()


workspace = resources.workspace()
is_manager = rights.may(workspace.db, "manage models")
models = list_models(model_folders(workspace.home))
if models:
    show_table(models)
    show_card(models)
    with st.container(horizontal=True):
        show_verify(workspace)
        if is_manager:
            show_remove(workspace, models)
else:
    st.info(
        "There is no model on this machine yet. Add one below: a GGUF file or a folder of safetensors.",
        icon=":material/info:",
    )
if not is_manager:
    st.caption("Models are added and removed by administrators.")
    st.stop()
st.subheader("Add a model")
st.caption(
    "Models and adapters (LoRA) are safetensors or GGUF only: other kinds can carry programs. "
    "Nothing is fetched from a network."
)
show_add(workspace, [model.name for model in models if model.format in LANGUAGE])
