"""The projects of people, beside an installation: copies before an upgrade, and the way back after one.

Garrison itself copies a workspace's database before it changes the schema (`garrison.sqlite3.schema-N`), whoever
opens it first; here the service's workspace is brought up to date, and put back on a rollback.
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
    """The schema of a workspace's database: `pragma user_version`; 0 where there is none."""
    if not (home / DATABASE).is_file():
        return 0
    with closing(sqlite3.connect(f"{(home / DATABASE).as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("pragma user_version").fetchone()[0])


def as_owner(home: Path, work: Callable[[], str]) -> str:
    """Do `work` as whom `home` belongs to, and give what it said.

    Root would follow links that the owner puts there; so the work is done in a child that has only the owner's rights.

    Raises:
        Stop: the work ended so, or otherwise without success.
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
    """The child of `as_owner`: gives its rights up, works, and writes what came of it."""
    try:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
        answer = ("done", work(), "")
    except Stop as stop:
        answer = ("stop", stop.message, stop.hint)
    except BaseException:
        traceback.print_exc()
        return 1
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    return 0


def refusal(home: Path) -> str:
    """Why a folder is not removed with the data, in words; "" for a workspace."""
    if home.is_symlink() or not home.is_absolute():
        return f"{home} is a link"
    if home.is_dir() and not (home / DATABASE).is_file():
        return f"{home} is no workspace: there is no {DATABASE} in it"
    return ""


def migrate(folder: Path, home: Path, state: State) -> None:
    """Let the version in `folder` open a workspace, as the user it belongs to: it copies, then changes the schema.

    Raises:
        Stop: it could not; the workspace is as it was.
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
    """Whom the service runs as; None where this process cannot become somebody else, or there is no service.

    Raises:
        Stop: there is no such user any more.
    """
    if os.geteuid() != 0 or not state.user:
        return None
    try:
        return pwd.getpwnam(state.user)
    except KeyError as error:
        raise Stop(f"There is no user {state.user!r} on this machine any more.", "Make one of that name.") from error


def put_back(home: Path, manifest: Manifest) -> None:
    """Make a workspace fit for the version of `manifest`: where its schema is newer, the copy from before the upgrade.

    What the newer version wrote since is kept beside it, in `garrison.sqlite3.newer-<time>`.

    Raises:
        Stop: there is no such copy.
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
