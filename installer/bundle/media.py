"""Writes the media: parts, the setup program, README.txt, the manifest and its signature."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from console import Meter, detail, say, size, step

from core.carry import signature
from core.carry.manifest import MANIFEST, SIGNATURE, SIGNER, BundleFile, FileKind, Manifest, MediaFile, from_bytes
from core.carry.parts import file_sha256, write_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options given on the command line."""

    target: str = "linux-x86_64-cpu"
    out: Path
    part_bytes: int = 3900 * 10**6
    key: Path | None = None
    since: Path | None = None
    models: tuple[str, ...] = ()
    model_paths: tuple[Path, ...] = ()
    models_only: bool = False
    version: str = ""
    valid_days: int = 0
    is_fresh: bool = False  # True: reuse nothing that was built for an earlier bundle


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the bundle and the path its content is read from."""

    path: Path
    file: BundleFile


def source(path: Path, name: str, kind: FileKind, origin: str, license: str) -> Source:
    """Describe the file at `path` as a file of the bundle, hashing it."""
    file = BundleFile(
        path=name, size_bytes=path.stat().st_size, sha256=file_sha256(path), kind=kind, origin=origin, license=license
    )
    return Source(path, file)


def without_content(item: Source) -> Source:
    """Return the same file, marked as not carried: the target has it already."""
    return replace(item, file=replace(item.file, is_carried=False))


def write(
    folder: Path, sources: Sequence[Source], draft: Manifest, *, readme: str, setup_program: Path | None, wishes: Wishes
) -> Manifest:
    """Write parts, loose files, manifest and signature into `folder`, and return the manifest as written.

    Args:
        folder: Created anew; any previous content is removed.
        sources: The bundle's files, in order.
        draft: The manifest without parts and loose files.
        readme: Text of README.txt on the media.
        setup_program: The tar of `garrison-setup`; None for a bundle that installs nothing.
        wishes: Gives the part size and the signing key.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stem = "garrison-models" if draft.kind == "models" else f"garrison-{draft.version}"
    carried = [item.path for item in sources if item.file.is_carried]
    with step(f"Writing {len(carried)} files, {size(draft.carried_bytes)}"), Meter("writing", draft.carried_bytes) as meter:
        parts = write_parts(carried, folder, stem=stem, part_bytes=wishes.part_bytes, report=meter.add)
    (folder / "README.txt").write_text(readme.format(parts=len(parts)), encoding="utf-8", newline="\r\n")
    if setup_program:
        shutil.copyfile(setup_program, folder / "garrison-setup.tar")
    manifest = replace(draft, parts=parts, loose=tuple(media_file(path) for path in loose_files(folder)))
    sign(manifest, folder, wishes.key)
    written = [path.stat().st_size for path in folder.iterdir()]
    say(f"\n{folder}\n{len(written)} files, {size(sum(written))}")
    return manifest


def loose_files(folder: Path) -> list[Path]:
    """Return the files that go beside the parts, of those that exist."""
    return [path for path in (folder / "README.txt", folder / "garrison-setup.tar") if path.exists()]


def media_file(path: Path) -> MediaFile:
    """Describe the loose file at `path`, hashing it."""
    return MediaFile(name=path.name, size_bytes=path.stat().st_size, sha256=file_sha256(path))


def sign(manifest: Manifest, folder: Path, key: Path | None) -> None:
    """Write the manifest, its signature and the signer's public key, after checking that the manifest is readable."""
    content = manifest.to_bytes()
    from_bytes(content)
    (folder / MANIFEST).write_bytes(content)
    if key is None:
        detail("NOT SIGNED: give --sign KEY (make one with: python3 installer key FILE)")
        return
    private = signature.load_private(key)
    (folder / SIGNATURE).write_bytes(signature.sign(content, private))
    (folder / SIGNER).write_bytes(signature.public_pem(private))
    detail("signed; tell the site, by another way than the media:")
    detail(f"  fingerprint of the key: {signature.fingerprint(signature.public_pem(private))}")
    for file in manifest.loose:
        if file.name.endswith(".tar"):
            detail(f"  SHA-256 of {file.name}: {file.sha256}")


def readme(draft: Manifest) -> str:
    """Return README.txt for the media of a program bundle; its `{parts}` is left for `write` to fill in."""
    needs = draft.needs
    return f"""Garrison {draft.version} for {draft.target}

What you need: a {needs.machine} machine with glibc {needs.glibc} or newer, {size(needs.memory_bytes)} of memory and
{size(needs.unpacked_bytes)} of disk at the place of installation. No Python, no compiler, no network.

Two numbers are told to you by another way than this medium: the SHA-256 of garrison-setup.tar, which checks all the
rest and is checked by nothing else, and the FINGERPRINT of the key.

1. Compare the set-up program with its number, then unpack it:
       sha256sum garrison-setup.tar
       tar xf garrison-setup.tar -C /root
   Where Garrison is installed already, use the program that came with it: /opt/garrison/current/setup/garrison-setup
2. Check the medium:
       /root/garrison-setup/garrison-setup verify . --fingerprint FINGERPRINT
   With parts on several media, copy them into one folder, or give every folder that holds some.
   A part that is named as bad is copied again and checked alone:  ... verify . --only NAME
3. Compare the machine with what is needed:
       /root/garrison-setup/garrison-setup preflight . --fingerprint FINGERPRINT
4. Install (as root; below /opt/garrison unless --prefix says otherwise):
       /root/garrison-setup/garrison-setup install . --fingerprint FINGERPRINT
   With --service the dashboard runs as a systemd service of the user `garrison`.
5. Use it:
       /opt/garrison/current/bin/garrison serve      then open http://127.0.0.1:8501

Later, without a medium: /opt/garrison/current/setup/garrison-setup status --check | self-test | rollback | uninstall,
and with one: ... upgrade FOLDER. Each says what it does; --help explains.

The bundle consists of {{parts}} part(s), manifest.json (every file with size, SHA-256, origin and license) and its
signature.
"""


def models_readme(draft: Manifest) -> str:
    """Return README.txt for the media of a models bundle; its `{parts}` is left for `write` to fill in."""
    names = sorted({file.path.split("/")[1] for file in draft.files})
    listed = "\n".join(
        f"    {name}: {size(sum(file.size_bytes for file in draft.files if file.path.split('/')[1] == name))}"
        for name in names
    )
    return f"""Models for Garrison

{listed}

Add them, as the person who will use them (for the service: as its user, with --home and its workspace):
       garrison models import FOLDER --fingerprint FINGERPRINT
The fingerprint of the key is told to you by another way than this medium; without one, the key that signed the
installation counts. With parts on several media, give every folder. What is bad is named; copy it again and repeat.

The bundle consists of {{parts}} part(s), manifest.json (every file with size, SHA-256, origin and license) and its
signature.
"""
