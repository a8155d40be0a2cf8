"""What a press on a download may still ask for, and its answer: Streamlit's own parts, as the server uses them."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard import downloads
from dashboard.downloads import KEPT_S, MOST_KEPT, PatientFiles, PatientQueue, keep_downloads

PAGE, MADE = "dontcare", b"pairs"  # Streamlit's name of the session where there is no page


@pytest.fixture
def clock(monkeypatch):
    now_s = [1000.0]
    monkeypatch.setattr(downloads.time, "monotonic", lambda: now_s[0])
    return now_s


@pytest.fixture
def files(clock):
    return PatientFiles(MemoryMediaFileStorage("/media"))


def drawn(files, *, place="0.1", element="export"):
    return files.add_deferred(lambda: MADE, "text/plain", place, "pairs.txt", element_id=element)


def begin(files):
    files.clear_session_refs(PAGE)


def content(files, url):
    found = files.read_file(url.rpartition("/")[2].partition(".")[0])
    return found and found.content


def test_drawing_that_ends_before_the_button_leaves_the_press_a_file(files):
    told = drawn(files)
    for _ in range(3):  # each ended early, as by another click
        begin(files)
        files.remove_orphaned_files()
    assert content(files, files.execute_deferred(told)) == MADE


def test_what_no_drawing_refers_to_is_forgotten_after_a_while(files, clock):
    told = drawn(files)
    begin(files)
    files.remove_orphaned_files()
    clock[0] += KEPT_S
    files.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        files.execute_deferred(told)
    assert not files._idle_since_s


def test_button_that_stands_on_the_page_is_never_forgotten(files, clock):
    told = drawn(files)
    for _ in range(3):
        clock[0] += 10 * KEPT_S
        files.remove_orphaned_files()
    assert content(files, files.execute_deferred(told)) == MADE


def test_only_the_last_few_drawings_of_a_button_are_kept(files):
    told = [drawn(files) for _ in range(MOST_KEPT + 3)]
    files.remove_orphaned_files()
    assert list(files._deferred_callables) == told[2:]  # the one that stands, and those before it


def test_button_that_was_turned_off_gives_nothing_at_once(files):
    told = drawn(files)
    begin(files)
    files.remove_deferred("0.1", element_id="export")
    with pytest.raises(MediaFileStorageError):
        files.execute_deferred(told)


def test_made_file_waits_for_the_browser_and_then_goes(files, clock):
    told = drawn(files)
    url = files.execute_deferred(told)
    for _ in range(3):  # drawings of others that end between the answer and the browser's question
        files.remove_orphaned_files()
    assert content(files, url) == MADE
    clock[0] += KEPT_S - 1
    files.execute_deferred(told)  # pressed again: the same file, with time anew
    for _ in range(3):
        files.remove_orphaned_files()
        clock[0] += 2
    assert content(files, url) == MADE
    clock[0] += KEPT_S
    for _ in range(2):  # Streamlit marks it first
        files.remove_orphaned_files()
    assert content(files, url) is None


def test_pictures_go_as_they_always_did(files):
    url = files.add(MADE, "image/png", "0.2")
    begin(files)
    files.remove_orphaned_files()
    assert content(files, url) is None


def message(**given):
    return ForwardMsg(**given)


@pytest.mark.parametrize("fragments", [None, ["curation"]])
def test_answer_to_a_press_is_sent_once_although_a_drawing_began_meanwhile(fragments):
    queue = PatientQueue()
    queue.enqueue(message(backend_operation_response={"request_id": "press"}))
    queue.enqueue(message(script_finished=0))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)
    queue.enqueue(message(script_finished=0))
    sent = [each for each in queue.flush() if each.WhichOneof("type") == "backend_operation_response"]
    assert [each.backend_operation_response.request_id for each in sent] == ["press"]
    assert queue.is_empty()


def test_server_is_given_what_is_patient(monkeypatch):
    from streamlit.runtime import app_session, runtime

    monkeypatch.setattr(runtime, "MediaFileManager", runtime.MediaFileManager)  # put back afterwards
    monkeypatch.setattr(app_session, "ForwardMsgQueue", app_session.ForwardMsgQueue)
    keep_downloads()
    assert runtime.MediaFileManager is PatientFiles and app_session.ForwardMsgQueue is PatientQueue
