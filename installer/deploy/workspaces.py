"""The projects of people, beside an installation: copies before an upgrade, and the way back after one.

Garrison itself copies a workspace's database before it changes the schema (`garrison.sqlite3.schema-N`), whoever
opens it first; here the service's workspace is brought up to date, and put back on a rollback.
"""

import os
import pwd
import sqlite3
import subprocess
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
    with sqlite3.connect(f"file:{home / DATABASE}?mode=ro", uri=True) as db:
        return int(db.execute("pragma user_version").fetchone()[0])


def migrate(folder: Path, home: Path, state: State) -> None:
    """Let the version in `folder` open a workspace, as the user it belongs to: it copies, then changes the schema.

    Raises:
        Stop: it could not; the workspace is as it was.
    """
    if not (home / DATABASE).is_file():
        return
    with step(f"Bringing the projects in {home} up to date"):
        user = state.user if os.geteuid() == 0 and state.user else None
        home_of_user = pwd.getpwnam(user).pw_dir if user else os.environ.get("HOME", "/")
        done = subprocess.run(
            [str(folder / "bin" / "garrison"), "--home", str(home), "--json", "project", "list"],
            env=child_environment(HOME=home_of_user),
            capture_output=True,
            text=True,
            check=False,
            user=user,
            cwd=folder,
        )
        if done.returncode != 0:
            words = done.stderr.strip().splitlines()
            raise Stop(
                f"The projects in {home} could not be opened by the new version: {words[-1] if words else done.returncode}",
                "The old version stays in use, the projects are as they were.",
            )
        detail(f"schema {schema_of(home)}")


def put_back(home: Path, manifest: Manifest) -> None:
    """Make a workspace fit for the version of `manifest`: where its schema is newer, the copy from before the upgrade.

    What the newer version wrote since is kept beside it, in `garrison.sqlite3.newer-<time>`.

    Raises:
        Stop: there is no such copy.
    """
    schema = schema_of(home)
    if schema <= manifest.schema:
        return
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
    with sqlite3.connect(database) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    owner = database.stat()
    aside = home / f"{DATABASE}.newer-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    fresh = home / f".{DATABASE}.partial"
    with sqlite3.connect(f"file:{usable[-1]}?mode=ro", uri=True) as copy, sqlite3.connect(fresh) as target:
        copy.backup(target)
    os.chown(fresh, owner.st_uid, owner.st_gid)
    os.link(database, aside)
    fresh.rename(database)
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    detail(f"{home}: schema {schema} → {schema_of(home)}; what was written since the upgrade is kept in {aside.name}")
