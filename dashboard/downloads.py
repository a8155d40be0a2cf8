"""What a press on a download may still ask for, kept until the page is drawn anew.

Each drawing of a page gives its downloads new ids, and the browser asks for the one it was told last. Streamlit forgets what
the drawing before gave as soon as a drawing ends, also one that was ended early by another click or by `st.rerun`: before it
came to the button. Whoever pressed that button then, before the next drawing reached it, was told "Failed to generate file".
And the answer to a press waits for its turn to be sent: a drawing that began meanwhile threw it away, and nothing happened.
"""

import time
from collections import Counter
from collections.abc import Iterable

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind, MediaFileStorage

KEPT_S = 120.0  # drawing a page and fetching a file take seconds
MOST_KEPT = 5  # ids of one button that were replaced


class PatientFiles(MediaFileManager):
    """Streamlit's files, with two more minutes for what no drawing refers to any more.

    What the page has turned off is forgotten at once, as before (`remove_deferred`), and each download asks core for what it
    gives when it is pressed.
    """

    def __init__(self, storage: MediaFileStorage) -> None:
        """Keep nothing yet."""
        super().__init__(storage)
        self._idle_since_s: dict[str, float] = {}  # by id of a file or of a download: when nothing referred to it any more

    def execute_deferred(self, file_id: str) -> str:
        """Make the file of a download, and return its address; its time begins anew."""
        url = super().execute_deferred(file_id)
        with self._lock:
            for made in self._file_metadata.keys() & self._idle_since_s.keys():
                if made in url:
                    del self._idle_since_s[made]
        return url

    def _get_inactive_file_ids(self) -> set[str]:
        """Return the files to be deleted: as Streamlit says, but a made file only when it was idle long enough."""
        inactive = super()._get_inactive_file_ids()
        made = [each for each in inactive if self._file_metadata[each].kind == MediaFileKind.DOWNLOADABLE]
        return inactive - self._fresh(made)

    def _remove_orphaned_deferred_callables(self) -> None:
        """Forget the downloads that no drawing refers to, once they were idle long enough or others followed."""
        active = {file_id for files in self._files_by_session_and_coord.values() for file_id in files.values()}
        replaced = [file_id for file_id in reversed(self._deferred_callables) if file_id not in active]  # the newest first
        fresh, kept = self._fresh(replaced), Counter[tuple[str, str]]()
        for file_id in replaced:
            entry = self._deferred_callables[file_id]
            button = (entry["session_id"], entry["element_id"] or entry["coordinates"])
            kept[button] += 1
            if file_id not in fresh or kept[button] > MOST_KEPT:
                self._drop_deferred_id(file_id)
        known = self._deferred_callables.keys() | self._file_metadata.keys()
        self._idle_since_s = {each: since for each, since in self._idle_since_s.items() if each in known - active}

    def _fresh(self, idle: Iterable[str]) -> set[str]:
        """Return which of these ids, all of them idle, are so for less than `KEPT_S`."""
        now_s = time.monotonic()
        return {each for each in idle if now_s - self._idle_since_s.setdefault(each, now_s) < KEPT_S}


class PatientQueue(ForwardMsgQueue):
    """Streamlit's messages to a browser that wait to be sent; a new drawing leaves the answers to presses among them."""

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Take out what a new drawing makes void, or everything if nothing is to be retained, as after it was sent."""
        answers = [each for each in self._queue if each.WhichOneof("type") == "backend_operation_response"]
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)
        if retain_lifecycle_msgs:
            self._queue += [each for each in answers if not any(each is left for left in self._queue)]


def keep_downloads() -> None:
    """Let the server that starts next keep files and answers patiently; call it before Streamlit's own start."""
    from streamlit.runtime import app_session, runtime

    app_session.ForwardMsgQueue = PatientQueue  # type: ignore[attr-defined]
    runtime.MediaFileManager = PatientFiles  # type: ignore[attr-defined]
