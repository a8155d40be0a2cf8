"""The proof: a bundle is installed and used in a bare Debian without Python, compiler or network.

    python3 tests/airgap/prove.py --suite bookworm --bundle DIR --upgrade DIR --models DIR --key PUBLIC [--json FILE]

Needs root, debootstrap and qemu-user-static; `bash tests/airgap/run` makes the bundles as well. Every command runs in an
empty network namespace (a loopback alone), with an empty environment, a /tmp of 16 MB that is mounted noexec, in a root
made with `debootstrap --variant=minbase`. What each command printed goes to WORK/<suite>.log, how long it took to the
terminal and FILE.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "installer"), str(ROOT)]

import cache  # noqa: E402
from deploy.selftest import enter_empty_network  # noqa: E402 - the very function that the product uses

ENTER = """
set -e
root=$1; shift
mount -t proc proc "$root/proc"
mount -t tmpfs -o size=1g tmpfs "$root/dev"
for name in null zero full random urandom; do touch "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; done
mkdir "$root/dev/shm"; mount -t tmpfs tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o size=16m,noexec tmpfs "$root/tmp"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C chroot "$root" /bin/sh -euc "$*"
"""
SETUP = "/root/garrison-setup/garrison-setup"  # from the media
INSTALLED = "/opt/garrison/current/setup/garrison-setup"
GARRISON = "/opt/garrison/current/bin/garrison --home /root/home"
DASHBOARD = f"""
{GARRISON} serve --port 8599 > /root/serve.log 2>&1 &
server=$!
/opt/garrison/current/python/bin/python3 -I -c '
import time, urllib.request
for _ in range(300):
    try:
        assert urllib.request.urlopen("http://127.0.0.1:8599/_stcore/health", timeout=5).read() == b"ok"
        print("the dashboard answers")
        break
    except OSError:
        time.sleep(0.5)
else:
    raise SystemExit("the dashboard does not answer")
'
kill $server
"""
CLOSED = """
/opt/garrison/current/python/bin/python3 -I -c '
import socket
names = [name for _, name in socket.if_nameindex()]
assert names == ["lo"], names
try:
    socket.create_connection(("192.0.2.1", 80), timeout=3)
except OSError as error:
    print("interfaces:", names, "- another machine:", error)
else:
    raise SystemExit("a connection left this machine")
'
"""


TRUST = "--key /media/site.pub.pem"
# Of no use but to be another one: the public half of the first test vector of RFC 8032, 7.1.
OTHER_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
"""
# The product's own way to a model, with four words for a prompt: an emulated processor is slow.
ANSWER = """
from pathlib import Path

from core.models import registry
from core.models.batch import BatchGenerator
from core.models.text import Prompt

path = registry.list_models([registry.embedded_folder()])[-1].path
with BatchGenerator(Path(path), sequences=1, context_tokens=64) as generator:
    written = next(generator.generate([Prompt(text="A generator is", max_tokens=20)]))
print(written.token_count, "pieces:", written.text)
print({line.split("/")[-1].strip() for line in open("/proc/self/maps") if "libggml-cpu" in line})
"""


@dataclass(frozen=True)
class Media:
    """What is carried to the bare root, and the public key that its people were told."""

    bundle: Path
    upgrade: Path  # of a higher version, full or difference
    models: Path
    key: Path

    def manifest(self, name: str) -> dict[str, Any]:
        """The manifest of one of them."""
        return json.loads((getattr(self, name) / "manifest.json").read_text())


@dataclass
class Proof:
    """One bare root and what was done in it."""

    root: Path
    log: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, script: str, *, fails: bool = False) -> str:
        """Run a script inside; ends the proof when it does not do what it should."""
        started = time.monotonic()
        done = subprocess.run(  # noqa: PLW1509
            ["unshare", "--mount", "/bin/sh", "-c", ENTER, "sh", str(self.root), script],
            preexec_fn=enter_empty_network,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        self.seconds[name] = round(time.monotonic() - started, 1)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {name} ({self.seconds[name]} s, status {done.returncode})\n{done.stdout}")
        is_right = (done.returncode != 0) == fails
        print(f"{'ok' if is_right else 'FAILED':6} {self.seconds[name]:7.1f} s  {name}", flush=True)
        if not is_right:
            print(done.stdout[-3000:])
            raise SystemExit(f"{name} ended with status {done.returncode}; all of it: {self.log}")
        return done.stdout


def make_root(suite: str, work: Path, mirror: str, *, include: str = "") -> Path:
    """A fresh bare root; what debootstrap made is kept as an archive for the next time. `include` are further packages."""
    name = f"{suite}-with-more" if include else suite
    root, archive = work / name, work / f"{name}.tar"
    if not archive.exists():
        shutil.rmtree(root, ignore_errors=True)
        options = ["--variant=minbase", *([f"--include={include}"] if include else [])]
        subprocess.run(["debootstrap", *options, suite, str(root), mirror], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-cf", str(archive), "-C", str(root), "."], check=True)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    subprocess.run(["tar", "-xf", str(archive), "-C", str(root)], check=True)
    return root


def prove(proof: Proof, media: Media) -> None:
    """From the media to an empty machine again."""
    for name, folder in (("bundle", media.bundle), ("upgrade", media.upgrade), ("models", media.models)):
        shutil.copytree(folder, proof.root / "media" / name)
    shutil.copyfile(media.key, proof.root / "media" / "site.pub.pem")
    (proof.root / "media" / "other.pub.pem").write_text(OTHER_KEY)
    for step in (refuse, install, use, run_on_older_processors, add_a_model, change_versions, remove):
        step(proof, media)


def refuse(proof: Proof, media: Media) -> None:
    """What is not as it should be is not installed."""
    proof.run("nothing is there: no Python, no compiler", "! command -v python3; ! command -v gcc; ! command -v cc")
    proof.run("unpack the set-up program", "tar xf /media/bundle/garrison-setup.tar -C /root")
    proof.run("verify", f"{SETUP} verify /media/bundle {TRUST}")
    proof.run("another key is refused", f"{SETUP} install /media/bundle --key /media/other.pub.pem", fails=True)
    part = next(media.bundle.glob("*.part001")).name
    change = f"printf X | dd of=/media/bundle/{part} bs=1 seek=100 count=1 conv=notrunc status=none"
    shutil.copyfile(media.bundle / part, proof.root / "media" / "good")
    proof.run("a changed part stops it", f"{change}; {SETUP} install /media/bundle {TRUST}", fails=True)
    proof.run("a missing part stops it", f"rm /media/bundle/{part}; {SETUP} install /media/bundle {TRUST}", fails=True)
    noexec = "mount -t tmpfs -o noexec,size=9g tmpfs /mnt"
    proof.run("nothing was written", f"test ! -e /opt/garrison; mv /media/good /media/bundle/{part}")
    said = proof.run(
        "a prefix on a noexec mount is refused",
        f"{noexec}; {SETUP} install /media/bundle {TRUST} --prefix /mnt/garrison || {{ ls -A /mnt; exit 1; }}",
        fails=True,
    )
    assert "is mounted noexec" in said and said.splitlines()[-1].startswith("What to do"), said


def install(proof: Proof, media: Media) -> None:
    """Killed midway, then to its end, and tested."""
    proof.run("preflight", f"{SETUP} preflight /media/bundle {TRUST}")
    proof.run(
        "install, killed after half a minute",
        f"{SETUP} install /media/bundle {TRUST} --no-self-test & pid=$!; sleep 30; kill -9 $pid; wait $pid",
        fails=True,
    )
    proof.run("no half version is in use", "test ! -e /opt/garrison/current")
    proof.run("install", f"{SETUP} install /media/bundle {TRUST} --no-self-test")
    said = proof.run("self-test", f"{INSTALLED} self-test")
    assert "without any interface but lo" in said, said
    proof.run("status, every file compared", f"{INSTALLED} status --check")


def use(proof: Proof, media: Media) -> None:
    """The dashboard, the path, the model that it makes."""
    proof.run("no way out", CLOSED)
    proof.run("the dashboard answers", DASHBOARD)
    proof.run("the demo on a slice trains", f"{GARRISON} --json demo --slice --out /root/report")
    proof.run(
        "the tuned model chats",
        f"cd /root; run=$({GARRISON} --json jobs list | grep -o 'run-[0-9a-f]*' | head -1); test -n \"$run\"\n"
        f'{GARRISON} chat --run "$run" --prompt "What is the low-oil switch?" --max-tokens 30',
    )


def run_on_older_processors(proof: Proof, media: Media) -> None:
    """The model answers under an emulated processor with AVX2 but no AVX-512, and under one without AVX2."""
    shutil.copy(shutil.which("qemu-x86_64-static") or "qemu-x86_64-static is missing", proof.root / "var/tmp/qemu")
    (proof.root / "var/tmp/answer.py").write_text(ANSWER)
    for processor, variant in (("Haswell-noTSX", "haswell"), ("Westmere", "sse42")):
        script = f"/var/tmp/qemu -cpu {processor} /opt/garrison/current/python/bin/python3 -I /var/tmp/answer.py"
        said = proof.run(f"20 tokens on a {processor}", script)
        assert f"libggml-cpu-{variant}.so" in said and int(re.search(r"(\d+) pieces", said)[1]) > 15, said


def add_a_model(proof: Proof, media: Media) -> None:
    """A bundle of models alone, trusted by the key of the installation."""
    proof.run("a bundle of models is imported", f"{GARRISON} models import /media/models")
    (name,) = {path.split("/")[1] for path in (file["path"] for file in media.manifest("models")["files"])}
    proof.run("the imported model answers", f'{GARRISON} chat --model {name} --prompt "What is a pump?" --max-tokens 10')


def change_versions(proof: Proof, media: Media) -> None:
    """Up, and back again."""
    proof.run("upgrade with a difference bundle", f"{INSTALLED} upgrade /media/upgrade --no-self-test")
    version = "/opt/garrison/current/bin/garrison version"
    assert media.manifest("upgrade")["version"] in proof.run("the newer version answers", version)
    proof.run("projects are still there", f"{GARRISON} project list | grep -q Demo")
    proof.run("rollback", f"{INSTALLED} rollback --home /root/home")
    assert media.manifest("bundle")["version"] in proof.run("the older version answers", version)


def remove(proof: Proof, media: Media) -> None:
    """A change is seen; nothing stays but what people made."""
    tamper = "echo >> /opt/garrison/current/bin/garrison"
    proof.run("a tampered file is named", f"{tamper}; {INSTALLED} status --check", fails=True)
    proof.run("uninstall", f"{INSTALLED} uninstall --yes")
    proof.run("nothing is left but the projects", "test ! -e /opt/garrison; test -e /root/home/garrison.sqlite3")


def main() -> None:
    """Prove it in one suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="bookworm", help="of Debian: bullseye, bookworm, trixie")
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--upgrade", type=Path, required=True, help="a bundle of a higher version, full or difference")
    parser.add_argument("--models", type=Path, required=True, help="a bundle of one model")
    parser.add_argument("--key", type=Path, required=True, help="the public key")
    parser.add_argument("--work", type=Path, default=cache.folder("build") / "airgap")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--json", type=Path, help="where the times go")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    log = chosen.work / f"{chosen.suite}.log"
    log.unlink(missing_ok=True)
    proof = Proof(make_root(chosen.suite, chosen.work, chosen.mirror), log)
    prove(proof, Media(bundle=chosen.bundle, upgrade=chosen.upgrade, models=chosen.models, key=chosen.key))
    shutil.rmtree(proof.root)
    if chosen.json:
        chosen.json.write_text(json.dumps({"suite": chosen.suite, "seconds": proof.seconds}, indent=1) + "\n")
    print(f"proven in {chosen.suite}: {sum(proof.seconds.values()):.0f} s")


if __name__ == "__main__":
    main()
