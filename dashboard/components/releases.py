"""The releases of a project: which there are, what is in the folder of one, whether it is whole, where it came from."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from core.models.quantizations import QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS
from core.models.releases.card import CARD_TEXT, tried_of, tried_row, tried_words
from core.models.releases.folder import FaultKind, SignatureState, verify
from core.records import Release, Run
from core.services.releases.picture import lineage_picture
from core.services.releases.steps import steps
from core.services.releases.trace import trace
from core.storage import Workspace
from core.words import size
from dashboard.components.errors import shown_errors
from dashboard.components.words import ago, clock

FAULTS: dict[FaultKind, str] = {
    "changed": "is not what it was",
    "missing": "is missing",
    "added": "was added",
    "unreadable": "cannot be read",
}
SIGNATURES: dict[SignatureState, str] = {
    "unsigned": ":material/lock_open: It is not signed: whoever could change a file could change the list of hashes, too.",
    "good": ":material/verified: The signature fits.",
    "wrong key": ":material/gpp_bad: It was signed with another key than the one you gave.",
    "broken": ":material/gpp_bad: The signature does not fit: the list of hashes was changed, or another key signed it.",
}
PICTURE_PX = 400  # no wider than a telephone
SMALL_BYTES = 1 << 20  # of a card that is shown


def show_release(workspace: Workspace, releases: Sequence[Release], runs: Sequence[Run]) -> None:
    """Show the list of releases, and all that is known of the chosen one."""
    st.subheader("Taken so far")
    numbers = {run.id: run.number for run in runs}
    titles = {each.id: _title(each, numbers.get(each.run_id)) for each in releases}
    chosen_id = st.selectbox(
        "Which release", list(titles), format_func=lambda release_id: titles[release_id], key="release", width=560
    )
    release = next(each for each in releases if each.id == chosen_id)
    signed = "signed" if release.signer else "not signed"
    st.caption(f"Made {ago(release.created_at)}, {signed}. In the folder {release.path}", help=clock(release.created_at))
    _show_tried(release)
    _show_files(release)
    _show_lineage(workspace, release, next((run for run in runs if run.id == release.run_id), None))


def _title(release: Release, number: int | None) -> str:
    quantization = release.card.get("quantization")
    form = RELEASE_FORMATS[release.format].words + (f" ({quantization})" if quantization else "")
    return f"Run {number or '?'}: {form}, {release.created_at[:10]} · {release.id}"


def _show_tried(release: Release) -> None:
    """Show how the exported file itself answered, beside the run that it was made from."""
    if tried := tried_of(release.card):
        st.subheader("How the file answers")
        rows = [
            {
                "How exact": QUANTIZATIONS[each.quantization].words.partition(":")[0],
                "Size": size(each.size_bytes),
                "Score": f"{each.score:.2f}",
                "Score of the run": f"{each.run_score:.2f}",
                "Same answers": f"{each.equal:.0%}",
            }
            for each in tried
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="How the exported file answers, beside the run")
        asked = f"The file itself was asked {tried[0].questions} questions that were held out of training."
        st.caption(f"{asked} The score is 1 where an answer has the words of the right one.")
        with st.expander("Details", icon=":material/functions:"):
            st.dataframe(pd.DataFrame([tried_row(each) for each in tried]), hide_index=True)
            st.caption(tried_words(tried))


def _show_files(release: Release) -> None:
    """Show the folder's files and card, and check them all when asked to."""
    st.subheader("What is in the folder")
    folder = Path(release.path)
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file())
    except OSError:
        st.caption("The folder is not there any more: it was moved, or deleted.")
        return
    rows = [{"File": file.name, "Size": size(file.stat().st_size)} for file in files]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Files of the release", width=560)
    card = folder / CARD_TEXT
    if card in files and card.stat().st_size <= SMALL_BYTES:
        with st.expander("Its card", icon=":material/description:"):
            st.code(card.read_text(encoding="utf-8", errors="replace"), language=None, wrap_lines=True)
    key = st.text_input(
        "File of the signer's public key",
        key="release-key",
        help="On this machine, got by another way than the release. Without it, whoever signed cannot be told.",
        width=560,
    )
    if st.button("Check every file", icon=":material/fact_check:", key="verify-release"):
        with shown_errors(), st.spinner("Reading every file …"):
            _show_verdict(folder, Path(key.strip()) if key.strip() else None)


def _show_verdict(folder: Path, key: Path | None) -> None:
    verdict = verify(folder, key)
    if verdict.is_whole:
        st.success(f"All {verdict.file_count} files are what they were.", icon=":material/check_circle:")
    else:
        st.error("This is not the release as it was made.", icon=":material/gpp_bad:")
    for fault in verdict.faults:
        st.text(f"{fault.name} {FAULTS[fault.kind]}")
    st.markdown(SIGNATURES[verdict.signature])
    if verdict.signature == "good" and not verdict.is_key_given:
        st.caption(f"Compare the fingerprint of its key with what you were told: {verdict.signer}")


def _show_lineage(workspace: Workspace, release: Release, run: Run | None) -> None:
    """Draw where a release came from when asked to: every hash is computed again for it."""
    st.subheader("Where it came from")
    if run is None:
        st.caption("Its run is not there any more.")
        return
    if st.button("Show and check it", icon=":material/account_tree:", key="trace-release"):
        with shown_errors(), st.spinner("Computing every hash again …"):
            found = trace(workspace, run, release=release)
            st.image(lineage_picture(steps(found)), width=PICTURE_PX)
            if found.is_whole:
                st.success(
                    "From the release back to the documents, all is still what it was.", icon=":material/check_circle:"
                )
            else:
                st.warning("Not all of it is there and still what it was.", icon=":material/warning:")
