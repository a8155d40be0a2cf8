"""The service under a real systemd: a bare Debian 12 is booted in a container, Garrison installed there with --service.

    python3 tests/airgap/service.py --bundle DIR --upgrade DIR --key PUBLIC

Needs root, debootstrap and systemd-container. What was asked and seen goes to WORK/service.log. The container shares the
network of this machine, so that the service is kept from an address that answers to everybody else.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "installer"), str(ROOT), str(ROOT / "tests" / "airgap")]

import cache  # noqa: E402
from prove import make_root  # noqa: E402

LIMIT_S = 900
PORT = 8597
WITH_SYSTEMD = "systemd,systemd-sysv,dbus,libstdc++6"
UNIT = """[Unit]
Description=The proof
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/bash /root/proof.sh
ExecStopPost=/bin/systemctl poweroff --force --force
StandardOutput=file:/root/proof.log
StandardError=file:/root/proof.log

[Install]
WantedBy=default.target
"""
# Each step is a function: its name is printed, with ok or FAILED; the first that fails ends the proof.
SCRIPT = r"""
setup=/root/garrison-setup/garrison-setup
installed=/opt/garrison/current/setup/garrison-setup
python=/opt/garrison/current/python/bin/python3
unit=garrison.service
health=http://127.0.0.1:@PORT@/_stcore/health

pid() { systemctl show --property MainPID --value $unit; }
reach() { $python -I -c "import socket; socket.create_connection(('$1', $2), timeout=3); print('reached $1')"; }
within() { ( echo $BASHPID > /sys/fs/cgroup/system.slice/$unit/cgroup.procs; "$@" ); }
asks() { $python -I -c "import urllib.request as u; assert u.urlopen('$health').read() == b'ok'"; }
answers() { for _ in $(seq 120); do asks 2> /dev/null && return; sleep 0.5; done; return 1; }
step() {
    if "${@:2}"; then echo "ok      $1"; else echo "FAILED  $1"; journalctl --no-pager -u $unit | tail -20; exit 1; fi
}

without_a_user() { ! $setup install /media/bundle --key /media/site.pub.pem --service --no-self-test --port @PORT@; }
nothing_written() { test ! -e /opt/garrison && test ! -e /etc/systemd/system/$unit; }
install() {
    useradd --system --home-dir /var/lib/garrison garrison
    tar xf /media/bundle/garrison-setup.tar -C /root
    $setup install /media/bundle --key /media/site.pub.pem --service --no-self-test --port @PORT@
}
runs() { systemctl is-active $unit && systemctl is-enabled $unit && answers; }
own_user() { test "$(stat -c %U "/proc/$(pid)")" = garrison && test "$(stat -c %U:%a /var/lib/garrison)" = garrison:700; }
reaches_nothing() {
    reach @HOST@ @OUTSIDE@ && within reach 127.0.0.1 @PORT@ && ! within reach @HOST@ @OUTSIDE@
}
exposure() {
    test "$(systemctl show -p ProtectSystem --value $unit)" = strict && systemd-analyze --no-pager security $unit | tail -1
}
restarts() { before=$(pid); kill -9 "$before"; sleep 2; answers && test "$(pid)" != "$before"; }
stops() { systemctl stop $unit; sleep 1; ! reach 127.0.0.1 @PORT@; }
starts() { systemctl start $unit; answers; }
upgrade() { $installed upgrade /media/upgrade --no-self-test && answers; }
is_newer() { readlink /proc/"$(pid)"/exe | grep -q versions/99; }
rollback() { $installed rollback && answers && readlink /proc/"$(pid)"/exe | grep -v versions/99; }
uninstall() { $installed uninstall --yes && test ! -e /opt/garrison && test ! -e /etc/systemd/system/$unit; }
is_gone() {
    ! systemctl is-active $unit && test -z "$(find /proc -maxdepth 1 -user garrison)" \
        && test -e /var/lib/garrison/garrison.sqlite3
}

step "the set-up program is unpacked" tar xf /media/bundle/garrison-setup.tar -C /root
step "without its user there is no service" without_a_user
step "and nothing was written" nothing_written
step "install --service" install
step "the service runs, is enabled and answers" runs
step "as its own user, in a folder that nobody else reads" own_user
step "it reaches this machine's own address and no other" reaches_nothing
step "it may write its projects alone" exposure
step "killed, it comes back" restarts
step "stop ends all of it" stops
step "start" starts
step "upgrade stops, migrates and starts it" upgrade
step "it is the newer version that runs" is_newer
step "rollback, and the older one runs" rollback
step "uninstall" uninstall
step "no process is left, the projects are" is_gone
echo proven
"""


def own_address() -> str:
    """An address of this machine that is not the loopback's: the one from which others would be reached. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        return str(asked.getsockname()[0])


def accept(listening: socket.socket) -> None:
    """Answer who connects, until the socket is closed."""
    while True:
        try:
            listening.accept()[0].close()
        except OSError:
            return


def main() -> None:
    """Boot, wait for the container to power itself off, say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--upgrade", type=Path, required=True, help="a bundle of version 99.0.0, full or difference")
    parser.add_argument("--key", type=Path, required=True, help="the public key")
    parser.add_argument("--work", type=Path, default=cache.folder("build") / "airgap")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    root = make_root("bookworm", chosen.work, chosen.mirror, include=WITH_SYSTEMD)
    for name, folder in (("bundle", chosen.bundle), ("upgrade", chosen.upgrade)):
        shutil.copytree(folder, root / "media" / name)
    shutil.copyfile(chosen.key, root / "media" / "site.pub.pem")
    with socket.create_server((own_address(), 0)) as outside:
        threading.Thread(target=accept, args=(outside,), daemon=True).start()
        host, port = outside.getsockname()
        script = SCRIPT.replace("@PORT@", str(PORT)).replace("@HOST@", host).replace("@OUTSIDE@", str(port))
        (root / "root" / "proof.sh").write_text(script)
        (root / "etc/systemd/system/proof.service").write_text(UNIT)
        wanted = root / "etc/systemd/system/default.target.wants"
        wanted.mkdir(exist_ok=True)
        (wanted / "proof.service").symlink_to("/etc/systemd/system/proof.service")
        boot = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--directory", str(root), "--boot"]
        boot += ["--capability=all", "--system-call-filter=bpf"]  # a machine's own systemd may load filters for addresses
        with (chosen.work / "boot.log").open("wb") as log:
            # as Debian 12 itself has it: IPAddressDeny needs the unified hierarchy of control groups
            unified = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
            subprocess.run(boot, env=unified, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=LIMIT_S, check=False)
    said = (root / "root" / "proof.log").read_text(errors="replace")
    (chosen.work / "service.log").write_text(said)
    print("\n".join(line for line in said.splitlines() if line.startswith(("ok      ", "FAILED  ", "→"))))
    if not said.rstrip().endswith("proven"):
        raise SystemExit(f"The service is not proven; all of it: {chosen.work}/service.log\n{said[-3000:]}")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
