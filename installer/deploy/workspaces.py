"""People's projects during upgrades: migrating workspaces to a new schema, and restoring them on a rollback.

Garrison itself copies a workspace's database before it changes the schema (`garrison.sqlite3.schema-N`), whoever
opens it first. This module migrates the service's workspace on an upgrade, and restores workspaces on a rollback.
"""

import json
import os
import pwd
import sqlite3
import stat
import subprocess
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from console import Stop, detail, step

from core.carry.manifest import Manifest
from deploy.install import child_environment
from deploy.prefix import State

DATABASE = "garrison.sqlite3"


def schema_of(home: Path) -> int:
    """Return the schema version of a workspace's database (`pragma user_version`); 0 if there is no database."""
    if not (home / DATABASE).is_file():
        return 0
    with closing(sqlite3.connect(f"{(home / DATABASE).as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("pragma user_version").fetchone()[0])


def as_owner(home: Path, work: Callable[[], str]) -> str:
    """Run `work` as the owner of `home`, and return its result.

    Root would follow links that the owner puts there, so a child process does the work with only the owner's rights.

    Raises:
        Stop: `work` raised it or failed otherwise.
    """
    owner = home.lstat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return _tried(home, work)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_answer(owner, lambda: _tried(home, work), writing))
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    kind, message, hint = (
        json.loads(said) if said else ("stop", f"The projects in {home} cannot be changed.", "Report this.")
    )
    if kind == "stop":
        raise Stop(message, hint)
    return str(message)


def _tried(home: Path, work: Callable[[], str]) -> str:
    try:
        return work()
    except (OSError, sqlite3.Error) as error:
        raise Stop(
            f"The projects in {home} cannot be changed ({error}).", "Look at that folder, then run the same command again."
        ) from error


def _answer(owner: os.stat_result, work: Callable[[], str], writing: int) -> int:
    """Run in the child of `as_owner`: drop privileges, do the work, write its outcome, and return the exit status."""
    try:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
        answer = ("done", work(), "")
    except Stop as stop:
        answer = ("stop", stop.message, stop.hint.sentence)
    except BaseException:
        traceback.print_exc()
        return 1
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    return 0


def refusal(home: Path) -> str:
    """Say in words why a folder must not be removed as data; return "" if it may be."""
    if not home.is_absolute():
        return f"{home} is not a whole path"
    if home.is_symlink():
        return f"{home} is a link"
    if home.is_dir() and not (home / DATABASE).is_file():
        return f"{home} is no workspace: there is no {DATABASE} in it"
    return ""


def migrate(folder: Path, home: Path, state: State) -> None:
    """Migrate a workspace by having the version in `folder` open it as the service's user; it first copies the database.

    Raises:
        Stop: The new version could not open it; the workspace is unchanged.
    """
    if not (home / DATABASE).is_file():
        return
    with step(f"Bringing the projects in {home} up to date"):
        account = user_of(state)
        home_of_user = account.pw_dir if account else os.environ.get("HOME", "/")
        done = subprocess.run(
            [str(folder / "bin" / "garrison"), "--home", str(home), "--json", "project", "list"],
            env=child_environment(HOME=home_of_user),
            capture_output=True,
            text=True,
            check=False,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            cwd=folder,
        )
        if done.returncode != 0:
            words = done.stderr.strip().splitlines()
            raise Stop(
                f"The projects in {home} could not be opened by the new version: {words[-1] if words else done.returncode}",
                "The old version stays in use, the projects are as they were.",
            )
        detail(as_owner(home, lambda: f"schema {schema_of(home)}"))


def user_of(state: State) -> pwd.struct_passwd | None:
    """Return the account the service runs as; None if this process is not root, or no service was set up.

    Raises:
        Stop: That user no longer exists.
    """
    if os.geteuid() != 0 or not state.user:
        return None
    try:
        return pwd.getpwnam(state.user)
    except KeyError as error:
        raise Stop(f"There is no user {state.user!r} on this machine any more.", "Make one of that name.") from error


def put_back(home: Path, manifest: Manifest) -> None:
    """Make a workspace fit the version of `manifest`: if its schema is too new, restore the copy from before the upgrade.

    The database as the newer version left it is kept beside it, as `garrison.sqlite3.newer-<time>`.

    Raises:
        Stop: There is no usable copy.
    """
    if home.is_dir() and (words := as_owner(home, lambda: _put_back(home, manifest))):
        detail(f"{home}: {words}")


def _put_back(home: Path, manifest: Manifest) -> str:
    schema = schema_of(home)
    if schema <= manifest.schema:
        return ""
    copies = sorted(
        (path for path in home.glob(f"{DATABASE}.schema-*") if path.suffix.removeprefix(".schema-").isdigit()),
        key=lambda path: int(path.suffix.removeprefix(".schema-")),
    )
    usable = [path for path in copies if int(path.suffix.removeprefix(".schema-")) <= manifest.schema]
    if not usable:
        raise Stop(
            f"The projects in {home} have schema {schema}, version {manifest.version} knows {manifest.schema}, "
            "and there is no copy from before.",
            "Stay with the newer version, or restore the workspace from a backup.",
        )
    database = home / DATABASE
    with closing(sqlite3.connect(database)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    aside = home / f"{DATABASE}.newer-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    fresh = home / f".{DATABASE}.partial"
    with (
        closing(sqlite3.connect(f"{usable[-1].as_uri()}?mode=ro", uri=True)) as copy,
        closing(sqlite3.connect(fresh)) as target,
    ):
        copy.backup(target)
    fresh.chmod(stat.S_IMODE(database.stat().st_mode))
    os.link(database, aside)
    fresh.rename(database)
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    return f"schema {schema} → {schema_of(home)}; what was written since the upgrade is kept in {aside.name}"
