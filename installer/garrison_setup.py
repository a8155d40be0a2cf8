"""`garrison-setup`: the program for administrators of offline machines, frozen by PyInstaller to need no Python there."""

import argparse
import os
import sys
from pathlib import Path

from console import Stop, detail, exit_status, say, size
from deploy import lifecycle, preflight, selftest
from deploy.lifecycle import Wishes
from deploy.prefix import Prefix
from deploy.receipt import RECEIPT
from deploy.verify import check_media, check_one

from core.carry.manifest import MANIFEST
from core.carry.verify import Bundle, Trust, open_bundle

DEFAULT_PREFIX = Path("/opt/garrison")


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="garrison-setup", description="Verify, install, upgrade and remove Garrison on a machine without a network."
    )
    commands = top.add_subparsers(dest="command", required=True)
    helps = {
        "verify": "check the signature and every part of the bundle",
        "preflight": "compare this machine with what the bundle needs",
        "install": "verify, look at the machine, install, test",
        "upgrade": "the same beside the version in use, then change over",
        "rollback": "go back to the version before",
        "self-test": "let the installed version do its work, without any network",
        "status": "what is installed",
        "uninstall": "remove what was installed; projects stay",
    }
    for name, words in helps.items():
        command = commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".")
        if name != "verify":
            command.add_argument(
                "--prefix",
                type=Path,
                default=own_prefix() or DEFAULT_PREFIX,
                help="where it is installed (default %(default)s)",
            )
        if name in ("verify", "preflight", "install", "upgrade"):
            command.add_argument(
                "media", nargs="*", type=Path, help="folders with the bundle (default: beside this program)"
            )
            command.add_argument("--key", type=Path, help="the public key that must have signed the bundle")
            command.add_argument("--fingerprint", default="", help="or its SHA-256; the key is then taken from the medium")
            command.add_argument(
                "--unsigned", action="store_true", help="take a bundle that nobody signed, at your own risk"
            )
        if name in ("preflight", "install", "upgrade"):
            command.add_argument(
                "--port", type=int, help=f"of the dashboard (default: as it was; {preflight.PORT} at first)"
            )
        if name in ("install", "upgrade"):
            command.add_argument("--user", default="garrison", help="whom the service runs as (default %(default)s)")
            command.add_argument("--home", type=Path, default=Path("/var/lib/garrison"), help="the service's projects")
            command.add_argument("--service", action="store_true", help="set up a systemd service for the dashboard")
            command.add_argument("--no-self-test", action="store_true", help="leave the test at the end out")
    commands.choices["verify"].add_argument("--only", metavar="NAME", help="read one part again")
    commands.choices["rollback"].add_argument("--home", type=Path, action="append", default=[], help="a person's workspace")
    commands.choices["status"].add_argument("--check", action="store_true", help="compare every file with the receipt")
    commands.choices["uninstall"].add_argument("--data", action="store_true", help="remove the service's projects as well")
    commands.choices["uninstall"].add_argument("--yes", action="store_true", help="do not ask")
    return top


def own_prefix() -> Path | None:
    """Return the prefix this program is installed in (`<prefix>/versions/<version>/setup/…`); None if on a medium."""
    for folder in lifecycle.own_program().parents:
        if folder.name == "setup" and folder.parent.parent.name == "versions" and (folder.parent / RECEIPT).is_file():
            return folder.parents[2]
    return None


def main(arguments: list[str]) -> int:
    """Run a command and return the exit status: 0, 3 if something must be done first, 130 if interrupted."""
    os.umask(0o022)  # whatever root's own umask: the service's user can read what root installs, and only root can write it
    chosen = parser().parse_args(arguments)
    return exit_status(lambda: tried(chosen))


def tried(chosen: argparse.Namespace) -> None:
    """Run the chosen command, turning an OSError into a Stop with a readable message.

    Raises:
        Stop: The command failed.
    """
    try:
        dispatch(chosen)
    except OSError as error:
        what = f"{error.filename} cannot be used" if error.filename else "The system refuses it"
        hint = "Run this as root." if isinstance(error, PermissionError) else "Look at the system's log, then try again."
        raise Stop(f"{what} ({error.strerror}).", hint) from error


def dispatch(chosen: argparse.Namespace) -> None:
    """Run the chosen command."""
    if chosen.command == "verify":
        verify(chosen)
        return
    prefix = Prefix(chosen.prefix.absolute())
    if chosen.command == "preflight":
        port = lifecycle.port_of(prefix.state(), Wishes(port=chosen.port))
        preflight.report(preflight.look(opened(chosen, prefix).manifest, prefix, port=port))
    elif chosen.command in ("install", "upgrade"):
        wishes = Wishes(
            port=chosen.port,
            user=chosen.user,
            home=chosen.home.absolute(),
            with_service=chosen.service,
            with_self_test=not chosen.no_self_test,
        )
        action = lifecycle.install if chosen.command == "install" else lifecycle.upgrade
        action(prefix, opened(chosen, prefix), wishes)
    elif chosen.command == "rollback":
        lifecycle.rollback(prefix, [home.absolute() for home in chosen.home])
    elif chosen.command == "self-test":
        if not (version := prefix.current_version()):
            raise Stop(f"Nothing is installed in {prefix.root}.", "Give its place with --prefix.")
        selftest.run(prefix.version_folder(version))
    elif chosen.command == "status":
        lifecycle.status(prefix, with_check=chosen.check)
    else:
        confirm(chosen, prefix)
        lifecycle.uninstall(prefix, with_data=chosen.data)


def opened(chosen: argparse.Namespace, prefix: Prefix | None = None) -> Bundle:
    """Open the bundle on the given media and check its signature.

    An installation trusts the key of its last signed bundle, unless another one is named.
    """
    key = chosen.key
    if key is None and not chosen.fingerprint and prefix and prefix.signer.is_file():
        key = prefix.signer
    return open_bundle(
        folders_of(chosen.media), Trust(key=key, fingerprint=chosen.fingerprint, allows_unsigned=chosen.unsigned)
    )


def folders_of(media: list[Path]) -> list[Path]:
    """Return the given folders, or else the first with a bundle among: this program's folder, its parent, the current one.

    Raises:
        Stop: There is no bundle near this program.
    """
    near = [Path(sys.executable).resolve().parent, Path(sys.executable).resolve().parent.parent, Path.cwd()]
    folders = media or [folder for folder in near if (folder / MANIFEST).is_file()][:1]
    if not folders:
        raise Stop("There is no bundle beside this program.", "Give the folder that holds it: garrison-setup verify FOLDER")
    return folders


def verify(chosen: argparse.Namespace) -> None:
    """Check the signature, then every part, or just the one named by --only."""
    bundle = opened(chosen)
    manifest = bundle.manifest
    say(f"Garrison {manifest.version} for {manifest.target}, {manifest.kind} bundle of {manifest.created_at[:10]}")
    detail(
        "the signature fits the key"
        if bundle.signer and not chosen.unsigned
        else "NOT SIGNED, or signed by a key nobody vouches for"
    )
    if chosen.only:
        check_one(bundle, chosen.only)
    else:
        check_media(bundle)
        say(f"The bundle is whole: {len(manifest.files)} files, {size(manifest.carried_bytes)}.")


def confirm(chosen: argparse.Namespace, prefix: Prefix) -> None:
    """Ask for confirmation before anything is removed.

    Raises:
        Stop: The answer was not yes.
    """
    if chosen.yes:
        return
    what = f"Garrison in {prefix.root}" + (" and all projects of its service" if chosen.data else "")
    try:
        answer = input(f"Remove {what}? Type yes: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        raise Stop("Nothing was removed.", "Type yes, or give --yes.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
