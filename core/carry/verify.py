"""Verifies a bundle on its media: the signature first, then every part; reports what is unlisted, missing or changed."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.carry import signature
from core.carry.manifest import MANIFEST, SIGNATURE, SIGNER, Manifest, MediaFile, from_bytes
from core.carry.parts import PartReader, Report, is_plain_file, open_plain
from core.errors import Hint, SetupError

MAX_SMALL_BYTES = 32 << 20  # limit for a manifest, signature or key, which are read before anything vouches for them
# Files and folders that operating systems create on removable media by themselves.
NOT_OURS = frozenset(
    ("system volume information", "$recycle.bin", ".trashes", ".spotlight-v100", ".fseventsd", "lost+found", ".ds_store")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the administrator trusts: a public key, by file or by fingerprint; neither only if the bundle is unsigned."""

    key: Path | None = None
    fingerprint: str = ""
    allows_unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle with a checked signature: its manifest, the folders searched for its parts, and the signer's key (PEM)."""

    manifest: Manifest
    folders: tuple[Path, ...]
    signer: bytes

    @property
    def media(self) -> tuple[MediaFile, ...]:
        """Every file that must be on the media, in reading order."""
        return (*self.manifest.loose, *self.manifest.parts)

    @property
    def reader(self) -> PartReader:
        """A reader of the bundle's parts."""
        return PartReader(self.manifest, self.folders)


def open_bundle(folders: Sequence[Path], trust: Trust) -> Bundle:
    """Read the manifest and check who signed it; the parts are not read yet.

    Raises:
        SetupError: There is no manifest, its signature is wrong or missing, or the bundle has expired.
    """
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise SetupError(f"There is no folder {missing[0]}.", "Give the folders that hold the bundle, one for each medium.")
    home = next((folder for folder in folders if is_plain_file(folder / MANIFEST)), None)
    if home is None:
        raise SetupError(
            f"There is no {MANIFEST} in {', '.join(map(str, folders))}.", "Give the folder that holds the bundle."
        )
    try:
        content, signed, offered = (_small(home / name) for name in (MANIFEST, SIGNATURE, SIGNER))
    except OSError as error:
        raise SetupError(f"{home} cannot be read ({error.strerror}).", "Check the medium, then try again.") from error
    signer = check_signature(content, signed, offered, trust)
    manifest = from_bytes(content)
    if manifest.expires_at and manifest.expires_at < datetime.now(UTC).isoformat(timespec="seconds"):
        raise SetupError(
            f"This bundle was to be installed until {manifest.expires_at[:10]}, and today is {time.strftime('%Y-%m-%d')}.",
            "Get a newer one; if the date is wrong, set this machine's clock.",
        )
    return Bundle(manifest, tuple(folders), signer)


def _small(path: Path) -> bytes:
    """Read a file that is small in every bundle; return b"" if there is none."""
    if not is_plain_file(path):
        return b""
    with open_plain(path) as file:
        content = file.read(MAX_SMALL_BYTES + 1)
    if len(content) > MAX_SMALL_BYTES:
        raise SetupError(f"{path} is too large to be part of a bundle.", "Get the bundle again from where it was built.")
    return content


def check_signature(content: bytes, signed: bytes, offered: bytes, trust: Trust) -> bytes:
    """Return the trusted key that signed `content`, or b"" if nobody vouches for it and the administrator allows that.

    `offered` is the key on the medium: it proves nothing by itself and counts only if its fingerprint is the trusted one.

    Raises:
        SetupError: `content` is unsigned, signed by another key, or was changed since.
    """
    if not signed:
        if trust.allows_unsigned:
            return b""
        raise SetupError(
            "This bundle is not signed.", Hint("Get a signed one, or take this one at your own risk.", command="--unsigned")
        )
    if trust.key is not None:
        try:
            key = trust.key.read_bytes()
        except OSError as error:
            raise SetupError(
                f"The key {trust.key} cannot be read ({error.strerror}).", "Give the public key's file."
            ) from error
    elif trust.fingerprint:
        wanted = trust.fingerprint.replace(":", "").replace(" ", "").lower()
        if not offered or signature.fingerprint(offered) != wanted:
            raise SetupError(
                "The key on the medium does not have the fingerprint that you gave.",
                "Compare it with the one you were told by another way; if it is right, this bundle is not from there.",
            )
        key = offered
    elif trust.allows_unsigned:
        key = offered
    else:
        raise SetupError(
            "Nobody said which key to trust.",
            Hint(
                "Name the key or its fingerprint, as you were told by another way than this medium.",
                command="--key FILE or --fingerprint HEX",
            ),
        )
    if not signature.is_signed(content, signed, key):
        raise SetupError(
            "The signature does not fit: the manifest was changed or replaced, or another key signed it.",
            "Do not install this. Get the bundle again, and compare the fingerprint of the key.",
        )
    return key if trust.key is not None or trust.fingerprint else b""


def faults(bundle: Bundle, report: Report = lambda count: None) -> Iterator[tuple[str, str]]:
    """Read every byte on the media and yield each file that is wrong: its name and what is wrong with it."""
    listed = {entry.name for entry in bundle.media} | {MANIFEST, SIGNATURE, SIGNER}
    for folder in bundle.folders:
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            yield str(folder), f"cannot be read ({error.strerror})"
            continue
        for path in paths:
            if path.name not in listed and path.name.lower() not in NOT_OURS and not path.name.lower().startswith(".trash-"):
                yield shown(path.name), f"is not part of the bundle (in {folder})"
    for entry in bundle.media:
        if fault := bundle.reader.fault(entry, report):
            yield entry.name, fault


def shown(name: str) -> str:
    """Make a name from an untrusted source safe to print: control characters could otherwise manipulate the terminal."""
    return name if name.isprintable() else ascii(name)
