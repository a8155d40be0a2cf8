"""A release folder: `SHA256SUMS` names every file in it, a signature vouches for that list, and both can be checked.

The signature is one of Ed25519, made and checked as those of bundles are (`core.carry.signature`), with the same keys.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from core.carry import signature
from core.carry.parts import is_plain_file
from core.errors import InputError, SetupError
from core.files import sha256_file
from core.models.card import SUMS

SIGNATURE, SIGNER = "SHA256SUMS.sig", "signer.pem"
SEAL = frozenset((SUMS, SIGNATURE, SIGNER))  # what vouches for the other files and stands in no list
MAX_SMALL_BYTES = 32 << 20  # of a list or key, which are read before anything vouches for them
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")

FaultKind = Literal["changed", "missing", "added", "unreadable"]
SignatureState = Literal["unsigned", "good", "wrong key", "broken"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that is not what the list says, or is not in it; `name` is its path in the folder."""

    kind: FaultKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the check of a release folder found.

    A signature is `good` if it fits; `is_key_given` says whether it was checked with a key from elsewhere. The key in the
    folder shows no more than that the files belong together: `signer` is its fingerprint, to be compared by people.
    """

    file_count: int
    faults: tuple[Fault, ...]
    signature: SignatureState
    signer: str | None
    is_key_given: bool

    @property
    def is_whole(self) -> bool:
        """Whether every file is what it was, and signed with the key that was given, if one was."""
        accepted = ("good",) if self.is_key_given else ("good", "unsigned")
        return not self.faults and self.signature in accepted


def write_sums(folder: Path) -> None:
    """Write a `SHA256SUMS` of the files in `folder`, sorted by name, as `sha256sum -c` reads it."""
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    lines = [f"{sha256_file(folder / name)}  {name}\n" for name in names if name not in SEAL]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def seal(folder: Path, key: Path | None = None) -> str | None:
    """List every file of a folder in `SHA256SUMS` and sign the list with the private key in the file `key`.

    Returns:
        The fingerprint of the key; None without one.

    Raises:
        SetupError: the file holds no Ed25519 key.
    """
    write_sums(folder)
    if key is None:
        return None
    private = signature.load_private(key)
    (folder / SIGNATURE).write_bytes(signature.sign((folder / SUMS).read_bytes(), private))
    (folder / SIGNER).write_bytes(signature.public_pem(private))
    return signature.fingerprint(signature.public_pem(private))


def check_key(key: Path) -> None:
    """Check that a file holds a private key to sign with, before the work for it begins.

    Raises:
        SetupError: it does not.
    """
    signature.load_private(key)


def verify(folder: Path, public_key: Path | None = None) -> Verdict:
    """Check every file of a release folder against its list, and the list against its signature.

    Args:
        folder: the release folder.
        public_key: the signer's public key (PEM), which came by another way than the folder.

    Raises:
        InputError: there is no such folder.
        SetupError: the public key cannot be used.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", "Give the folder of a release.")
    key = _public(public_key) if public_key else None
    sums, signed, offered = (_small(folder / name) for name in (SUMS, SIGNATURE, SIGNER))
    listed, faults = _listed(sums)
    found = set(_files(folder))
    faults += [Fault("added", name) for name in sorted(found - listed.keys() - SEAL)]
    for name, sha256 in sorted(listed.items()):
        if kind := _fault(folder / name, sha256):
            faults.append(Fault(kind, name))
    return Verdict(
        file_count=len(listed),
        faults=tuple(faults),
        signature=_signature(sums or b"", signed, offered, key),
        signer=signer_of(folder),
        is_key_given=key is not None,
    )


def signer_of(folder: Path) -> str | None:
    """Return the fingerprint of the key that lies in a release folder; None if it is not signed."""
    return _fingerprint(_small(folder / SIGNER))


def _listed(sums: bytes | None) -> tuple[dict[str, str], list[Fault]]:
    """Return the hashes of the list by name, and a fault for a list that is missing or names what lies elsewhere."""
    if sums is None:
        return {}, [Fault("missing", SUMS)]
    listed: dict[str, str] = {}
    for line in sums.decode("utf-8", errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or not _is_inside(match[2]):
            return {}, [Fault("unreadable", SUMS)]
        listed[match[2]] = match[1]
    return listed, []


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and name not in SEAL


def _files(folder: Path) -> Iterator[str]:
    """Yield the paths of all that lies in a folder but folders themselves; links to folders are files here."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(place) / name).relative_to(folder).as_posix()


def _fault(path: Path, sha256: str) -> FaultKind | None:
    """Return what is wrong with a file; a link is a change, as it may lead anywhere."""
    if not os.path.lexists(path):
        return "missing"
    if not is_plain_file(path):
        return "changed"
    try:
        return None if sha256_file(path) == sha256 else "changed"
    except OSError:
        return "unreadable"


def _signature(sums: bytes, signed: bytes | None, offered: bytes | None, key: bytes | None) -> SignatureState:
    if signed is None:
        return "unsigned"
    by = key or offered
    try:
        if by and signature.is_signed(sums, signed, by):
            return "good"
        is_other = bool(key and offered and signature.is_signed(sums, signed, offered))
    except SetupError:  # what lies in the folder is no key
        is_other = False
    return "wrong key" if is_other else "broken"


def _fingerprint(offered: bytes | None) -> str | None:
    try:
        return signature.fingerprint(offered) if offered else None
    except SetupError:
        return None


def _public(path: Path) -> bytes:
    content = _small(path)
    if content is None:
        raise SetupError(f"The key {path} cannot be read.", "Give the file with the signer's public key.")
    signature.fingerprint(content)  # raises if it is none
    return content


def _small(path: Path) -> bytes | None:
    """Return the content of a file that is small in every release; None if it is missing, a link, or larger."""
    if not is_plain_file(path) or path.stat().st_size > MAX_SMALL_BYTES:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None
