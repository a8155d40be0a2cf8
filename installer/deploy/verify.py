"""`verify`: the signature first, then every part; anything unlisted, missing or changed stops the installation."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carry import signature
from carry.manifest import MANIFEST, SIGNATURE, SIGNER, Manifest, MediaFile, from_bytes
from carry.parts import PartReader
from console import Meter, Stop, detail, size, step

# What operating systems leave on removable media by themselves.
NOT_OURS = frozenset(
    ("system volume information", "$recycle.bin", ".trashes", ".spotlight-v100", ".fseventsd", "lost+found", ".ds_store")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the administrator trusts: a public key by its file or its fingerprint; neither only for an unsigned bundle."""

    key: Path | None = None
    fingerprint: str = ""
    allows_unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature was checked: its manifest, where its parts are looked for, and the signer's key (PEM)."""

    manifest: Manifest
    folders: tuple[Path, ...]
    signer: bytes

    @property
    def reader(self) -> PartReader:
        """Reads its parts."""
        return PartReader(self.manifest, self.folders)


def open_bundle(folders: Sequence[Path], trust: Trust) -> Bundle:
    """Read the manifest and check who signed it; parts are not read yet.

    Raises:
        Stop: no manifest, a wrong or missing signature, or one that has expired.
    """
    home = next((folder for folder in folders if (folder / MANIFEST).is_file()), None)
    if home is None:
        raise Stop(f"There is no {MANIFEST} in {', '.join(map(str, folders))}.", "Give the folder that holds the bundle.")
    try:
        content = (home / MANIFEST).read_bytes()
        signed = (home / SIGNATURE).read_bytes() if (home / SIGNATURE).is_file() else b""
        offered = (home / SIGNER).read_bytes() if (home / SIGNER).is_file() else b""
    except OSError as error:
        raise Stop(f"{home} cannot be read ({error.strerror}).", "Check the medium, then try again.") from error
    signer = check_signature(content, signed, offered, trust)
    manifest = from_bytes(content)
    if manifest.expires_at and manifest.expires_at < datetime.now(UTC).isoformat(timespec="seconds"):
        raise Stop(
            f"This bundle was to be installed until {manifest.expires_at[:10]}, and today is {time.strftime('%Y-%m-%d')}.",
            "Get a newer one; if the date is wrong, set this machine's clock.",
        )
    return Bundle(manifest, tuple(folders), signer)


def check_signature(content: bytes, signed: bytes, offered: bytes, trust: Trust) -> bytes:
    """The key that signed `content`, which is one that the administrator trusts; b"" for an unsigned bundle that is allowed.

    `offered` is the key on the medium: worth nothing by itself, it counts only with the right fingerprint.

    Raises:
        Stop: not signed, signed by another key, or changed since.
    """
    if not signed:
        if trust.allows_unsigned:
            return b""
        raise Stop("This bundle is not signed.", "Get a signed one, or take this one at your own risk with --unsigned.")
    if trust.key is not None:
        try:
            key = trust.key.read_bytes()
        except OSError as error:
            raise Stop(f"The key {trust.key} cannot be read ({error.strerror}).", "Give the public key's file.") from error
    elif trust.fingerprint:
        wanted = trust.fingerprint.replace(":", "").replace(" ", "").lower()
        if not offered or signature.fingerprint(offered) != wanted:
            raise Stop(
                "The key on the medium does not have the fingerprint that you gave.",
                "Compare it with the one you were told by another way; if it is right, this bundle is not from there.",
            )
        key = offered
    elif trust.allows_unsigned:
        key = offered
    else:
        raise Stop(
            "Nobody said which key to trust.",
            "Give --key FILE or --fingerprint HEX, as you were told by another way than this medium.",
        )
    if not signature.is_signed(content, signed, key):
        raise Stop(
            "The signature does not fit: the manifest was changed or replaced, or another key signed it.",
            "Do not install this. Get the bundle again, and compare the fingerprint of the key.",
        )
    return key


def faults(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Everything wrong on the media: the file's name and what is wrong with it. Reads every byte."""
    manifest, reader = bundle.manifest, bundle.reader
    listed = {entry.name for entry in (*manifest.parts, *manifest.loose)} | {MANIFEST, SIGNATURE, SIGNER}
    for folder in bundle.folders:
        for path in sorted(folder.iterdir()):
            if path.name not in listed and path.name.lower() not in NOT_OURS and not path.name.lower().startswith(".trash-"):
                yield path.name, f"is not part of the bundle (in {folder})"
    entries = (*manifest.loose, *manifest.parts)
    with Meter("reading", sum(entry.size_bytes for entry in entries)) as meter:
        for entry in entries:
            if fault := reader.fault(entry, meter.add):
                yield entry.name, fault


def check_media(bundle: Bundle) -> None:
    """Read every part and loose file.

    Raises:
        Stop: something is missing, changed or unlisted; everything that is wrong is named.
    """
    entries = (*bundle.manifest.loose, *bundle.manifest.parts)
    with step(f"Checking {len(entries)} files, {size(sum(entry.size_bytes for entry in entries))}"):
        found = list(faults(bundle))
        for name, fault in found:
            detail(f"{name}: {fault}")
    if found:
        names = ", ".join(dict.fromkeys(name for name, _ in found))
        raise Stop(
            f"The bundle is not as it was signed: {names}.",
            "Copy what is named again, then check it alone with: garrison-setup verify --only NAME",
        )


def check_one(bundle: Bundle, name: str) -> None:
    """Read one part or loose file again.

    Raises:
        Stop: there is none of that name, or it is still wrong.
    """
    entries = {entry.name: entry for entry in (*bundle.manifest.loose, *bundle.manifest.parts)}
    entry: MediaFile | None = entries.get(name)
    if entry is None:
        raise Stop(f"{name} is no file of this bundle.", f"Its files are: {', '.join(entries)}.")
    with step(f"Checking {name}"):
        if fault := bundle.reader.fault(entry):
            raise Stop(f"{name}: {fault}.", "Copy it again from its source.")
