"""`install`, `upgrade`, `rollback`, `uninstall`, `status`: the operations on an installation as a whole."""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from console import Stop, detail, say, size, step

from core.carry.verify import Bundle, shown
from deploy import install as steps
from deploy import preflight, receipt, selftest, service, workspaces
from deploy.prefix import Prefix, State, age, write_atomic
from deploy.verify import check_media


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options the administrator chose."""

    port: int | None = None  # None: keep the service's port, or use PORT if there is none yet
    user: str = "garrison"
    home: Path = Path("/var/lib/garrison")
    with_service: bool = False
    with_self_test: bool = True


def install(prefix: Prefix, bundle: Bundle, wishes: Wishes) -> None:
    """Install the first version, or finish an interrupted installation.

    Raises:
        Stop: The bundle is damaged or holds only models, the machine is unsuitable, or another version is in use.
    """
    manifest = bundle.manifest
    current = prefix.current_version()
    if manifest.kind == "models":
        raise Stop("This bundle holds models alone.", "Add them with: garrison models import FOLDER")
    if current and current != manifest.version:
        raise Stop(f"Version {current} is in use in {prefix.root}.", "Change to this one with: garrison-setup upgrade")
    prepare(prefix, bundle, wishes)
    with prefix.held(), steps.full_disk():
        check_unchanged(prefix, current)
        state = prefix.state()
        steps.put_in_store(prefix, bundle)
        steps.build_version(prefix, manifest)
        prefix.make_current(manifest.version)
        if current != manifest.version:
            state.note("installed", manifest.version)
        finish(prefix, bundle, state, wishes)
        if wishes.with_self_test:
            selftest.run(prefix.version_folder(manifest.version))
    say(f"\nVersion {manifest.version} is in use: {prefix.current}/bin/garrison")
    say_what_comes_later(prefix)


def upgrade(prefix: Prefix, bundle: Bundle, wishes: Wishes) -> None:
    """Install a newer version beside the one in use, test it, migrate the service's projects, then switch over.

    Raises:
        Stop: Nothing is installed, the version is in use already or older, or a step failed and the old version stays.
    """
    manifest = bundle.manifest
    current = prefix.current_version()
    if not current:
        raise Stop(f"Nothing is installed in {prefix.root}.", "Use: garrison-setup install")
    if current == manifest.version:
        raise Stop(f"Version {current} is in use already.", "What lies beside it is set up again by: garrison-setup install")
    if age(manifest.version) < age(current):
        raise Stop(
            f"Version {manifest.version} is older than {current}, which is in use.",
            "Go back with garrison-setup rollback, or uninstall first: the faults of an old version are known by now.",
        )
    prepare(prefix, bundle, wishes)
    with prefix.held(), steps.full_disk():
        check_unchanged(prefix, current)
        state = prefix.state()
        steps.put_in_store(prefix, bundle)
        steps.build_version(prefix, manifest)
        service.write_trust_list(prefix, state)
        folder = prefix.version_folder(manifest.version)
        if wishes.with_self_test:
            selftest.run(folder)
        with service.stopped(state):
            if state.home:
                workspaces.migrate(folder, Path(state.home), state)
            state.previous = current
            state.note("upgraded", manifest.version)
            prefix.write_state(state)  # before switching: without the previous version on record there is no rollback
            prefix.make_current(manifest.version)
            finish(prefix, bundle, state, wishes)
    say(f"\nVersion {manifest.version} is in use; {current} is kept: garrison-setup rollback goes back to it.")
    say_what_comes_later(prefix)


def say_what_comes_later(prefix: Prefix) -> None:
    """Point to the installed copy of `garrison-setup`, which needs no medium."""
    program = prefix.current / "setup" / "garrison-setup"
    if program.is_file():
        say(f"Later: {program} status | self-test | rollback | uninstall, or upgrade with a new medium")


def check_unchanged(prefix: Prefix, current: str) -> None:
    """Check that nobody else installed a version between the first look and the lock.

    Raises:
        Stop: The version in use has changed.
    """
    if (now := prefix.current_version()) != current:
        raise Stop(f"Version {now or 'none'} came into use meanwhile.", "See: garrison-setup status")


def prepare(prefix: Prefix, bundle: Bundle, wishes: Wishes) -> None:
    """Check media and machine, and what a service needs, before anything is written.

    Raises:
        Stop: The media are damaged or incomplete, or the machine is unsuitable.
    """
    check_media(bundle)
    with step("Looking at this machine"):
        preflight.report(preflight.look(bundle.manifest, prefix, port=port_of(prefix.state(), wishes)))
        if wishes.with_service:
            service.check(prefix, user=wishes.user, home=wishes.home)


def port_of(state: State, wishes: Wishes) -> int:
    """Return the dashboard's port: the requested one, else the service's, else the default."""
    return wishes.port if wishes.port is not None else state.port or preflight.PORT


def finish(prefix: Prefix, bundle: Bundle, state: State, wishes: Wishes) -> None:
    """Record the signer and the state, and set up the files outside the prefix."""
    if bundle.signer:
        write_atomic(prefix.signer, bundle.signer.decode("ascii"))
    if wishes.with_service:
        state.user, state.home = wishes.user, str(wishes.home)
    with_service = wishes.with_service or service.has_service(state)
    if with_service:
        state.port = port_of(state, wishes)
    prefix.write_state(state)  # before writing files outside the prefix: what is not recorded here is never removed
    service.write_system_files(prefix, state, with_service=with_service)
    prefix.write_state(state)


def rollback(prefix: Prefix, homes: list[Path]) -> None:
    """Go back to the previous version, restoring workspaces whose schema is too new for it.

    Raises:
        Stop: There is no previous version, or a workspace cannot be restored.
    """
    with prefix.held(), steps.full_disk():
        state, current = prefix.state(), prefix.current_version()
        if state.previous in ("", current) or state.previous not in prefix.installed():
            raise Stop("There is no version to go back to.", "See: garrison-setup status")
        manifest = prefix.manifest(state.previous)
        with service.stopped(state), step(f"Going back from {current} to {state.previous}"):
            for home in dict.fromkeys([*homes, *([Path(state.home)] if state.home else [])]):
                workspaces.put_back(home, manifest)
            prefix.make_current(state.previous)
        state.previous = ""
        state.note("rolled back", manifest.version)
        prefix.write_state(state)
    say(f"\nVersion {manifest.version} is in use; {current} is still there and can be upgraded to again.")


def uninstall(prefix: Prefix, *, with_data: bool) -> None:
    """Remove the files in the receipts and those set up outside the prefix; other files stay and are listed.

    The running program may belong to one of the versions. That one is removed last, as no code can be loaded afterwards.

    Raises:
        Stop: Nothing is installed there, or with `with_data`, the folder to remove is not a workspace.
    """
    if not prefix.versions.is_dir():
        raise Stop(f"Nothing is installed in {prefix.root}.", "Give its place with --prefix.")
    strangers: list[str] = []
    with prefix.held(), step(f"Removing {', '.join(prefix.installed()) or 'an unfinished installation'}"):
        state = prefix.state()
        home = state.home
        if with_data and home and (words := workspaces.refusal(Path(home)) or lie_in_each_other(Path(home), prefix.root)):
            raise Stop(f"{words}, so nothing was removed.", "Uninstall without --data, and remove the projects yourself.")
        service.remove_system_files(prefix, state)
        if with_data and home:
            remove_data(Path(home))
        prefix.current.unlink(missing_ok=True)
        strangers += empty_store(prefix)
        for folder in prefix.unfinished():
            shutil.rmtree(folder, ignore_errors=True)
        for version in sorted(prefix.installed(), key=lambda name: is_running_from(prefix.version_folder(name))):
            strangers += remove_version(prefix.version_folder(version))
        for name in ("state.json", "signer.pem", ".current", ".lock"):
            (prefix.root / name).unlink(missing_ok=True)
        remove_empty([*prefix.versions.glob("*"), prefix.versions, prefix.store, prefix.root])
        for stranger in strangers:
            detail(f"not ours, left: {shown(stranger)}")
    if home and not with_data:
        say(f"The projects in {home} are untouched.")


def empty_store(prefix: Prefix) -> list[str]:
    """Remove the stored files, and return the paths of others: what is not named by a checksum is not ours and stays."""
    left = []
    for path in prefix.store.glob("*"):
        if re.fullmatch(r"[0-9a-f]{64}(\.partial)?", path.name) and (path.is_symlink() or path.is_file()):
            path.unlink()
        else:
            left.append(str(path))
    return left


def lie_in_each_other(home: Path, root: Path) -> str:
    """Say in words that one folder contains the other; return "" if neither does."""
    one, other = home.resolve(), root.resolve()
    return f"{home} and {root} lie in each other" if one.is_relative_to(other) or other.is_relative_to(one) else ""


def remove_data(home: Path) -> None:
    """Remove the service's projects; if their folder is a mount point, remove only its contents."""
    if not home.is_dir():
        return
    for path in home.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not home.is_mount():
        home.rmdir()
    detail(f"removed the projects in {home}")


def is_running_from(folder: Path) -> bool:
    """Return whether the running program lies in a folder."""
    return own_program().is_relative_to(folder.resolve())


def own_program() -> Path:
    """Return the path of the running program: the frozen executable or this source file."""
    return Path(sys.executable if getattr(sys, "frozen", False) else __file__).resolve()


def remove_version(folder: Path) -> list[str]:
    """Remove the files in a version's receipt and folders left empty; return what stays: anything else found there.

    A name in the receipt that leads outside, by `..` or through a link, was not written by this program: it stays too.
    """
    names = list(receipt.load(folder)["files"])
    ours = receipt.names_inside(folder, names)
    for name in ours:
        path = folder / name
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
    outside = sorted(set(names) - set(ours))
    places = (path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())
    remove_empty(sorted(places, reverse=True))
    (folder / receipt.RECEIPT).unlink()  # last, so that an interrupted removal is resumed by the next run
    left = [str(path) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    remove_empty([folder])
    return [*left, *outside]


def remove_empty(folders: list[Path]) -> None:
    """Remove the empty ones of `folders`, in this order; links to folders are the administrator's and stay."""
    for folder in folders:
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()


def status(prefix: Prefix, *, with_check: bool) -> None:
    """Print what is installed; with `with_check`, compare every file with its receipt.

    Raises:
        Stop: Nothing is installed, or a file was changed, added or removed.
    """
    current, state, versions = prefix.current_version(), prefix.state(), prefix.installed()
    if not versions:
        raise Stop(f"Nothing is installed in {prefix.root}.", "Give its place with --prefix.")
    for version in versions:
        content = receipt.load(prefix.version_folder(version))
        tests = content["self_tests"]
        tested = f"self-test {'passed' if tests[-1]['ok'] else 'FAILED'} {tests[-1]['at']}" if tests else "not tested"
        mark = "in use" if version == current else "before" if version == state.previous else "kept"
        total = sum(entry[0] for entry in content["files"].values() if entry[0] != "link")
        say(f"{version:10} {mark:7} {content['target']}, {len(content['files']):,} files, {size(total)}, {tested}")
    for line in state.history:
        say(shown(f"{line['at']}  {line['action']} {line['version']}"))
    if with_check:
        with step("Comparing every file with its receipt"):
            changes = [change for version in versions for change in receipt.changes(prefix.version_folder(version))]
            for change in changes:
                detail(change)
        if changes:
            raise Stop(
                f"{len(changes)} {'file is' if len(changes) == 1 else 'files are'} not as installed.",
                "Find out who changed them; then uninstall (projects stay), and install again.",
            )
        say("Every file is as it was installed.")
