"""Real faults of real file systems: full, read-only, noexec, FAT32. Each in a mount namespace that ends with its test."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SETUP = Path(__file__).resolve().parents[2] / "installer" / "garrison_setup.py"
NO_DRIVER = 77
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path, key) -> Run:
    """Runs a script that may mount things; `$place` is an empty folder to mount on, `setup` the program."""
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("neither root nor a user namespace may mount here")
    (tmp_path / "place").mkdir()

    def in_namespace(script: str, media: Path, **words: str) -> subprocess.CompletedProcess[str]:
        beginning = f"""
            setup() {{ command=$1; shift; "{sys.executable}" "{SETUP}" "$command" "$@" --prefix "$place/garrison"; }}
            install() {{ setup install "$media" --key "$key" --no-self-test --port 0; }}
        """
        return subprocess.run(
            [*NAMESPACE, "/bin/sh", "-euc", beginning + script],
            env={
                **os.environ,
                "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
                "place": str(tmp_path / "place"),
                "media": str(media),
                "key": str(key.with_suffix(".pub.pem")),
                **words,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return in_namespace


FILL = """
mount -t tmpfs -o size=16k tmpfs "$place"
for kilobytes in $sizes; do
    mount -o remount,size=${kilobytes}k "$place"
    if install > "$out" 2> "$err"; then
        echo "whole at $kilobytes"
        setup status --check
        exit
    fi
    echo "full at $kilobytes: $(sed -n 2p "$err")"
    for version in $(ls "$place/garrison/versions" 2> /dev/null || true); do
        setup status --check > "$out"
    done
done
exit 1
"""


@pytest.mark.parametrize(
    ("with_setup", "sizes", "least"),
    [(False, range(16, 200, 4), 10), (True, range(100, 2000, 50), 3)],
)
def test_a_disk_that_fills_at_any_point_leaves_nothing_half_and_with_room_it_completes(
    run, make_bundle, tmp_path, with_setup, sizes, least
):
    media = make_bundle(with_setup=with_setup, unpacked_bytes=1)
    words = {"out": str(tmp_path / "out"), "err": str(tmp_path / "err"), "sizes": " ".join(map(str, sizes))}
    done = run(FILL, media, **words)
    assert done.returncode == 0, done.stdout + done.stderr + (tmp_path / "err").read_text()
    full = [line for line in done.stdout.splitlines() if line.startswith("full at")]
    assert len(full) >= least and "Every file is as it was installed." in done.stdout
    assert {line.partition(": ")[2] for line in full} == {"The disk became full; the version in use is as it was."}


def test_too_little_room_is_said_before_a_byte_is_written(run, make_bundle):
    done = run('mount -t tmpfs -o size=500k tmpfs "$place"; install || echo "status $?"; ls -A "$place"', make_bundle())
    assert "This machine cannot run the bundle: disk." in done.stderr
    assert "fail  disk" in done.stdout and done.stdout.splitlines()[-1] == "status 3"


@pytest.mark.parametrize(
    ("option", "words"),
    [("noexec", "is mounted noexec"), ("ro", "is mounted read-only"), ("ro,noexec", "is mounted noexec")],
)
def test_a_prefix_where_nothing_can_be_run_or_written_is_refused(run, make_bundle, option, words):
    done = run(f'mount -t tmpfs -o {option} tmpfs "$place"; install || echo "status $?"; ls -A "$place"', make_bundle())
    assert f"{words}: choose another place with --prefix" in done.stdout and "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] == "status 3"


AGROUND = """
mount -t tmpfs tmpfs "$place"
install > /dev/null
mount -o remount,ro "$place"
setup status --check
for command in install "setup uninstall --yes" "setup rollback"; do
    $command > /dev/null || echo "status $?"
done
mount -o remount,rw "$place"
setup uninstall --yes
test ! -e "$place/garrison"
"""


def test_a_prefix_that_became_read_only_can_be_looked_at_and_is_otherwise_a_sentence(run, make_bundle):
    done = run(AGROUND, make_bundle())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every file is as it was installed." in done.stdout and done.stdout.count("status 3") == 3
    assert done.stderr.count("cannot be written (Read-only file system)") == 2 and "Traceback" not in done.stderr


FAT = f"""
mkfs.vfat -F 32 -C "$image" 65536 > /dev/null
fat() {{ mount -t vfat -o loop,$1 "$image" "$fat" 2> /dev/null || fusefat -o $2 "$image" "$fat" > /dev/null 2>&1; }}
fat rw rw+ || exit {NO_DRIVER}
trap 'umount "$fat"' EXIT  # else fusefat goes on, and with it the namespace
cp "$media"/* "$fat/"
umount "$fat"
fat ro ro
mount | grep " $fat "
media=$fat
"{sys.executable}" "{SETUP}" verify "$fat" --key "$key"
install
setup status --check
"""


@pytest.mark.root
def test_parts_on_a_fat32_medium_are_verified_and_installed(run, make_bundle, tmp_path):
    weights = random.Random(3).randbytes(5 * 10**6)
    media = make_bundle("0.1.0rc1+local.long-name", weights=weights, part_bytes=10**6, with_setup=True)
    (tmp_path / "fat").mkdir()
    done = run(FAT, media, image=str(tmp_path / "fat.img"), fat=str(tmp_path / "fat"))
    if done.returncode == NO_DRIVER:
        pytest.skip("neither the kernel nor fusefat mounts FAT32 here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fat" in done.stdout.splitlines()[0]
    assert "The bundle is whole: 5 files" in done.stdout and "Every file is as it was installed." in done.stdout
    installed = tmp_path / "place/garrison/current/python/share/garrison/models/small/weights.gguf"
    assert installed.read_bytes() == weights
