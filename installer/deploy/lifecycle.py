"""`install`, `upgrade`, `rollback`, `uninstall`, `status`: what happens to an installation as a whole."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from console import Stop, detail, say, size, step

from core.carry.verify import Bundle
from deploy import install as steps
from deploy import preflight, receipt, selftest, service, workspaces
from deploy.prefix import Prefix, State, read_json, remove_tree
from deploy.verify import check_media


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the administrator asked for."""

    port: int = preflight.PORT
    user: str = "garrison"
    home: Path = Path("/var/lib/garrison")
    with_service: bool = False
    with_self_test: bool = True


def install(prefix: Prefix, bundle: Bundle, wishes: Wishes) -> None:
    """Install the first version, or finish an installation that was interrupted.

    Raises:
        Stop: the bundle is not whole, the machine does not fit, or another version is in use.
    """
    manifest = bundle.manifest
    current = prefix.current_version()
    if manifest.kind == "models":
        raise Stop("This bundle holds models alone.", "Add them with: garrison models import FOLDER")
    if current and current != manifest.version:
        raise Stop(f"Version {current} is in use in {prefix.root}.", "Change to this one with: garrison-setup upgrade")
    prepare(prefix, bundle, wishes)
    with prefix.held():
        steps.put_in_store(prefix, bundle)
        steps.build_version(prefix, manifest)
        prefix.make_current(manifest.version)
        state = prefix.state()
        state.user, state.home = wishes.user, str(wishes.home) if wishes.with_service else state.home
        if current != manifest.version:
            state.note("installed", manifest.version)
        finish(prefix, bundle, state, wishes)
    if wishes.with_self_test:
        selftest.run(prefix.version_folder(manifest.version))
    say(f"\nVersion {manifest.version} is in use: {prefix.current}/bin/garrison")


def upgrade(prefix: Prefix, bundle: Bundle, wishes: Wishes) -> None:
    """Put a newer version beside the one in use, test it, bring the projects up to date, then change over.

    Raises:
        Stop: nothing is installed, the version is in use already, or a step failed: the old version stays in use.
    """
    manifest = bundle.manifest
    current = prefix.current_version()
    if not current:
        raise Stop(f"Nothing is installed in {prefix.root}.", "Use: garrison-setup install")
    if current == manifest.version:
        raise Stop(f"Version {current} is in use already.", "Nothing is to be done.")
    prepare(prefix, bundle, wishes)
    with prefix.held():
        state = prefix.state()
        steps.put_in_store(prefix, bundle)
        steps.build_version(prefix, manifest)
        folder = prefix.version_folder(manifest.version)
        if wishes.with_self_test:
            selftest.run(folder)
        if state.home:
            workspaces.migrate(folder, Path(state.home), state)
        prefix.make_current(manifest.version)
        state.previous = current
        state.note("upgraded", manifest.version)
        finish(prefix, bundle, state, wishes)
    say(f"\nVersion {manifest.version} is in use; {current} is kept: garrison-setup rollback goes back to it.")


def prepare(prefix: Prefix, bundle: Bundle, wishes: Wishes) -> None:
    """All that is looked at before a byte is written.

    Raises:
        Stop: the media are not whole, or the machine does not fit.
    """
    check_media(bundle)
    with step("Looking at this machine"):
        manifest = bundle.manifest
        preflight.report(preflight.look(manifest.needs, prefix.root, created_at=manifest.created_at, port=wishes.port))


def finish(prefix: Prefix, bundle: Bundle, state: State, wishes: Wishes) -> None:
    """Remember the signer and the state; set up what lies beside the files."""
    if bundle.signer:
        prefix.signer.write_bytes(bundle.signer)
    with_service = wishes.with_service or any(path.endswith(".service") for path in state.system_files)
    if prefix.root.is_relative_to("/opt") or with_service:
        service.write_system_files(prefix, state, port=wishes.port, with_service=with_service)
    prefix.write_state(state)


def rollback(prefix: Prefix, homes: list[Path]) -> None:
    """Go back to the version before, and put back workspaces whose schema it does not know.

    Raises:
        Stop: there is no version before, or a workspace cannot be put back.
    """
    with prefix.held():
        state, current = prefix.state(), prefix.current_version()
        if not state.previous or state.previous not in prefix.installed():
            raise Stop("There is no version to go back to.", "See: garrison-setup status")
        manifest = prefix.manifest(state.previous)
        with step(f"Going back from {current} to {state.previous}"):
            for home in dict.fromkeys([*homes, *([Path(state.home)] if state.home else [])]):
                workspaces.put_back(home, manifest)
            prefix.make_current(state.previous)
        state.previous = ""
        state.note("rolled back", manifest.version)
        prefix.write_state(state)
    say(f"\nVersion {manifest.version} is in use; {current} is still there and can be upgraded to again.")


def uninstall(prefix: Prefix, *, with_data: bool) -> None:
    """Remove what the receipts list and what was set up beside it. Files that are in no receipt stay, and are named.

    Raises:
        Stop: nothing is installed there.
    """
    if not prefix.versions.is_dir():
        raise Stop(f"Nothing is installed in {prefix.root}.", "Give its place with --prefix.")
    strangers: list[str] = []
    with prefix.held(), step(f"Removing {', '.join(prefix.installed()) or 'an unfinished installation'}"):
        state = prefix.state()
        service.remove_system_files(state)
        prefix.current.unlink(missing_ok=True)
        for version in prefix.installed():
            strangers += remove_version(prefix.version_folder(version))
        for folder in prefix.versions.glob(".*"):
            shutil.rmtree(folder, ignore_errors=True)
        remove_tree(prefix.store)
        for name in ("state.json", "signer.pem", ".current", ".lock"):
            (prefix.root / name).unlink(missing_ok=True)
        for folder in (prefix.versions, prefix.root):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        for stranger in strangers:
            detail(f"not ours, left: {stranger}")
        if with_data and state.home:
            shutil.rmtree(state.home)
            detail(f"removed the projects in {state.home}")
    if state.home and not with_data:
        say(f"The projects in {state.home} are untouched.")


def remove_version(folder: Path) -> list[str]:
    """Remove the files of a version's receipt and the folders that became empty; what else lies there stays."""
    for name in read_json(folder / receipt.RECEIPT)["files"]:
        (folder / name).unlink(missing_ok=True)
    (folder / receipt.RECEIPT).unlink()
    for place in sorted((path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True):
        if not any(place.iterdir()):
            place.rmdir()
    left = [str(path) for path in folder.rglob("*") if not path.is_dir()]
    if not left:
        folder.rmdir()
    return left


def status(prefix: Prefix, *, with_check: bool) -> None:
    """What is installed; with a check, every file compared with its receipt.

    Raises:
        Stop: a file was changed, added or removed.
    """
    current, state = prefix.current_version(), prefix.state()
    if not prefix.installed():
        raise Stop(f"Nothing is installed in {prefix.root}.", "Give its place with --prefix.")
    for version in prefix.installed():
        content = read_json(prefix.version_folder(version) / receipt.RECEIPT)
        tests = content["self_tests"]
        tested = f"self-test {'passed' if tests[-1]['ok'] else 'FAILED'} {tests[-1]['at']}" if tests else "not tested"
        mark = "in use" if version == current else "before" if version == state.previous else "kept"
        total = sum(entry[0] for entry in content["files"].values() if entry[0] != "link")
        say(f"{version:10} {mark:7} {content['target']}, {len(content['files']):,} files, {size(total)}, {tested}")
    for line in state.history:
        say(f"{line['at']}  {line['action']} {line['version']}")
    if with_check:
        with step("Comparing every file with its receipt"):
            found = [change for version in prefix.installed() for change in receipt.changes(prefix.version_folder(version))]
            for change in found:
                detail(change)
        if found:
            raise Stop(f"{len(found)} files are not as they were installed.", "Find out who changed them; install again.")
        say("Every file is as it was installed.")
