"""What the package index is asked, against a small one on this machine."""

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import index
import lock
import packages
import pytest
from bundle import fetch, plan, wheels
from console import Stop
from packaging.specifiers import SpecifierSet

LINUX = fetch.platforms("x86_64")


def wheel_bytes(name: str, version: str, *requires: str, padding: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{name}/weights.bin", bytes(padding))
        needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\n{needs}\nWords.")
    return stream.getvalue()


class SmallIndex:
    """Serves files under /files/NAME (with ranges) and lists under /simple/PACKAGE/; `sent` counts bytes of files."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.yanked: set[str] = set()
        self.sent = 0
        self.knows_ranges = True
        self.speaks_json = True
        own = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                own.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def add(self, file: str, content: bytes = b"content") -> str:
        self.contents[file] = content
        return hashlib.sha256(content).hexdigest()

    def answer(self, asked: BaseHTTPRequestHandler) -> None:
        kind, name = asked.path.strip("/").split("/", 1)
        if kind == "files":
            content, status = self.contents[name], 200
            if self.knows_ranges and (wanted := re.match(r"bytes=(\d+)-(\d+)", asked.headers.get("Range", ""))):
                content, status = content[int(wanted[1]) : int(wanted[2]) + 1], 206
            self.sent += len(content)
        else:
            own = {file: data for file, data in self.contents.items() if index.normal(file).startswith(f"{name}-")}
            listed = [
                {
                    "filename": file,
                    "url": f"{self.address}/files/{file}",
                    "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
                    "size": len(data),
                    "yanked": file in self.yanked,
                }
                for file, data in own.items()
            ]
            status = 200 if own else 404
            content = json.dumps({"files": listed}).encode() if self.speaks_json else b"<html>"
        asked.send_response(status)
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)


@pytest.fixture
def small(monkeypatch) -> Iterator[SmallIndex]:
    served = SmallIndex()
    thread = threading.Thread(target=served.server.serve_forever)
    thread.start()
    monkeypatch.setenv("PIP_INDEX_URL", f"{served.address}/simple")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for asked in (index.files, index.local_files, index.requires):
        asked.cache_clear()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()
    for asked in (index.files, index.local_files, index.requires):
        asked.cache_clear()


def test_a_package_that_the_index_does_not_know_has_no_files(small):
    assert index.files("nothing") == ()


def test_an_index_without_json_and_one_out_of_reach_are_sentences(small, monkeypatch):
    small.add("a-1-py3-none-any.whl")
    small.speaks_json = False
    with pytest.raises(Stop, match="does not answer in JSON"):
        index.files("a")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(Stop, match="cannot be asked"):
        index.files("b")


def test_the_wheel_that_pip_would_take_is_chosen(small):
    for file in (
        "a-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "a-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "a-1.0-cp311-cp311-manylinux_2_39_x86_64.whl",
        "a-1.0-cp311-cp311-win_amd64.whl",
        "a-1.0-py3-none-any.whl",
        "a-1.0.tar.gz",
    ):
        small.add(file)
    names = {platforms: index.best(index.files("a"), index.tags(platforms)).name for platforms in (LINUX, ("win_amd64",))}
    assert names[LINUX] == "a-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"  # the platform named first, as with pip
    assert names[("win_amd64",)] == "a-1.0-cp311-cp311-win_amd64.whl"
    assert index.best(index.files("a"), index.tags(("macosx_14_0_arm64",))).name == "a-1.0-py3-none-any.whl"


def test_the_newest_version_that_is_allowed_released_and_not_withdrawn(small):
    for version in ("1.9", "1.10", "1.11", "2.0", "1.12rc1"):
        small.add(f"a-{version}-py3-none-any.whl")
    small.yanked.add("a-1.11-py3-none-any.whl")
    assert index.newest("a", SpecifierSet("<2"), index.tags(LINUX)).version == "1.10"
    assert index.newest("a", SpecifierSet(">2"), index.tags(LINUX)) is None


def test_needs_are_read_without_fetching_the_wheel(small):
    small.add("big-1-py3-none-any.whl", wheel_bytes("big", "1", "b>=2", 'c; sys_platform == "win32"', padding=4_000_000))
    assert index.requires(index.files("big")[0]) == ("b>=2", 'c; sys_platform == "win32"')
    assert small.sent < 200_000


def test_an_index_that_gives_whole_files_alone_is_a_sentence(small):
    small.add("big-1-py3-none-any.whl", wheel_bytes("big", "1"))
    small.knows_ranges = False
    with pytest.raises(Stop, match="as a whole alone"):
        index.requires(index.files("big")[0])


def test_markers_and_extras_decide_what_is_needed():
    needs = {
        "a": ['w; sys_platform == "win32"', "b[x]"],
        "b": ['c; extra == "x"', 'd; extra == "y"'],
        "c": ["a"],  # a circle ends
    }

    def asked(system: str) -> set[str]:
        found = index.needed(["a"], index.environment(system, "x86_64"), lambda wish: needs.get(wish.name, []))
        return set(found)

    assert asked("Linux") == {"a", "b", "c"}
    assert asked("Windows") == {"a", "b", "c", "w"}


def test_what_cuda_brings_is_locked_in_versions_that_suit_all_who_ask(small):
    small.add("torch-2.0-cp311-cp311-manylinux_2_28_x86_64.whl", wheel_bytes("torch", "2.0", "six", "nvidia-x", "nvidia-y"))
    small.add("nvidia_y-1-py3-none-manylinux_2_17_x86_64.whl", wheel_bytes("nvidia_y", "1", "nvidia-x<2"))
    for version in ("1.5", "2.5"):
        small.add(f"nvidia_x-{version}-py3-none-manylinux_2_17_x86_64.whl", wheel_bytes("nvidia_x", version))
    assert lock.cuda_pins({"torch": "2.0", "six": "1"}) == {"nvidia-x": "1.5", "nvidia-y": "1"}
    small.add("nvidia_y-2-py3-none-manylinux_2_17_x86_64.whl", wheel_bytes("nvidia_y", "2", "nvidia-x>9"))
    index.files.cache_clear()
    with pytest.raises(SystemExit, match="nvidia-x"):
        lock.cuda_pins({"torch": "2.0", "six": "1"})


def test_a_plan_takes_only_locked_files_and_says_why_one_is_missing(small, place):
    good = small.add("a-1-cp311-cp311-manylinux_2_28_x86_64.whl", b"good")
    small.add("b-1-py3-none-any.whl", b"not the locked one")
    cuda = small.add("torch-2.0-cp311-cp311-manylinux_2_28_x86_64.whl", b"cuda build")
    locked = (("a==1", good), ("b==1", "0" * 64), ("torch==2.0", cuda))
    place.lock.write_text("".join(f"{pin} \\\n    --hash=sha256:{digest}\n" for pin, digest in locked))
    target = wheels.TARGETS["linux-x86_64-cpu"]
    lines = {line.name: line for line in plan.look_up([place.lock], target)}
    assert (lines["a"].wheel.size_bytes, lines["b"].wheel, lines["torch"].wheel) == (4, None, None)
    assert "a CUDA build alone" in lines["torch"].why and lines["torch"].version == "2.0+cpu"
    assert [line.name for line in plan.missing(list(lines.values()), target)] == ["b", "torch"]
    windows = {line.name: line for line in plan.look_up([place.lock], wheels.TARGETS["windows-x86_64-cpu"])}
    assert windows["a"].why == "no wheel for Python 3.11 on this platform"


def test_a_bundle_for_what_cannot_be_built_is_refused():
    for name in ("windows-x86_64-cpu", "linux-aarch64-cpu", "linux-aarch64-cuda"):
        with pytest.raises(Stop, match="cannot be built"):
            wheels.to_build(name)
    assert wheels.to_build("linux-x86_64-cuda").cuda == "13.0"


def test_the_cuda_lock_shares_no_package_with_the_lock_and_holds_what_torch_names():
    import commands
    import environment

    place = environment.Place(environment.Path(commands.__file__).resolve().parents[1])
    run, cuda = packages.pins(place.lock), packages.pins(place.cuda_lock)
    assert run.keys() & cuda.keys() == set()
    assert {"nvidia-cudnn-cu13", "nvidia-cublas", "triton", "cuda-toolkit"} <= cuda.keys()
    assert cuda["cuda-toolkit"].startswith(wheels.TARGETS["linux-x86_64-cuda"].cuda)
    assert all(lines.count("--hash") for _, _, lines in packages.blocks(place.cuda_lock))
