"""The proof: a bundle is installed and used in a bare Debian without Python, compiler or network.

    python3 tests/airgap/prove.py --suite bookworm --bundle FOLDER --upgrade FOLDER --key PUBLIC [--work DIR] [--json FILE]

Needs root and debootstrap. Every command runs in an empty network namespace (a loopback alone), with an empty
environment, a /tmp of 16 MB that is mounted noexec, in a root made with `debootstrap --variant=minbase`. What each
command printed goes to WORK/<suite>.log, how long it took to the terminal and FILE.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "installer"), str(ROOT)]

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
SETUP = "/var/tmp/garrison-setup/garrison-setup"
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


def make_root(suite: str, work: Path, mirror: str) -> Path:
    """A fresh bare root; what debootstrap made is kept as an archive for the next time."""
    root, archive = work / suite, work / f"{suite}.tar"
    if not archive.exists():
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", suite, str(root), mirror], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-cf", str(archive), "-C", str(root), "."], check=True)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    subprocess.run(["tar", "-xf", str(archive), "-C", str(root)], check=True)
    return root


def prove(proof: Proof, *, bundle: Path, upgrade: Path, key: Path, version: str, newer: str) -> None:
    """From the medium to an empty machine again."""
    for name, folder in (("bundle", bundle), ("upgrade", upgrade)):
        shutil.copytree(folder, proof.root / "media" / name)
    shutil.copyfile(key, proof.root / "media" / "site.pub.pem")
    trust = "--key /media/site.pub.pem"
    proof.run("nothing is there: no Python, no compiler", "! command -v python3; ! command -v gcc; ! command -v cc")
    proof.run("unpack the set-up program", "tar xf /media/bundle/garrison-setup.tar -C /var/tmp")
    proof.run("verify", f"{SETUP} verify /media/bundle {trust}")
    proof.run("preflight", f"{SETUP} preflight /media/bundle {trust}")
    flip = "printf X | dd of=/media/bundle/{name} bs=1 seek=100 count=1 conv=notrunc status=none"
    part = next(bundle.glob("*.part001")).name
    shutil.copyfile(bundle / part, proof.root / "media" / "good")
    proof.run("a changed part stops it", f"{flip.format(name=part)}; {SETUP} install /media/bundle {trust}", fails=True)
    proof.run("nothing was written", "test ! -e /opt/garrison; mv /media/good /media/bundle/" + part)
    proof.run("install", f"{SETUP} install /media/bundle {trust} --no-self-test")
    said = proof.run("self-test", f"{SETUP} self-test")
    assert "without any interface but lo" in said, said
    proof.run("status, every file compared", f"{SETUP} status --check")
    proof.run("no way out", CLOSED)
    proof.run("the dashboard answers", DASHBOARD)
    proof.run("the demo on a slice trains", f"{GARRISON} --json demo --slice --out /root/report")
    proof.run(
        "the tuned model chats",
        f"cd /root; run=$({GARRISON} --json jobs list | grep -o 'run-[0-9a-f]*' | head -1); test -n \"$run\"\n"
        f'{GARRISON} chat --run "$run" --prompt "What is the low-oil switch?" --max-tokens 30',
    )
    proof.run("upgrade with a difference bundle", f"{SETUP} upgrade /media/upgrade {trust} --no-self-test")
    assert newer in proof.run("the newer version answers", "/opt/garrison/current/bin/garrison version")
    proof.run("projects are still there", f"{GARRISON} project list | grep -q Demo")
    proof.run("rollback", f"{SETUP} rollback --home /root/home")
    assert version in proof.run("the older version answers", "/opt/garrison/current/bin/garrison version")
    proof.run(
        "a tampered file is named", "echo >> /opt/garrison/current/bin/garrison; " + SETUP + " status --check", fails=True
    )
    proof.run("uninstall", f"{SETUP} uninstall --yes")
    proof.run("nothing is left but the projects", "test ! -e /opt/garrison; test -e /root/home/garrison.sqlite3")


def main() -> None:
    """Prove it in one suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="bookworm", help="of Debian: bullseye, bookworm, trixie")
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--upgrade", type=Path, required=True, help="a bundle of a higher version, full or difference")
    parser.add_argument("--key", type=Path, required=True, help="the public key")
    parser.add_argument("--work", type=Path, default=ROOT / "wheelhouse" / ".build" / "airgap")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--json", type=Path, help="where the times go")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    version, newer = (
        json.loads((folder / "manifest.json").read_text())["version"] for folder in (chosen.bundle, chosen.upgrade)
    )
    log = chosen.work / f"{chosen.suite}.log"
    log.unlink(missing_ok=True)
    proof = Proof(make_root(chosen.suite, chosen.work, chosen.mirror), log)
    prove(proof, bundle=chosen.bundle, upgrade=chosen.upgrade, key=chosen.key, version=version, newer=newer)
    shutil.rmtree(proof.root)
    if chosen.json:
        chosen.json.write_text(json.dumps({"suite": chosen.suite, "seconds": proof.seconds}, indent=1) + "\n")
    print(f"proven in {chosen.suite}: {sum(proof.seconds.values()):.0f} s")


if __name__ == "__main__":
    main()
