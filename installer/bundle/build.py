"""`bundle`: everything that a machine without a network needs, on media, under one signed manifest.

From top to bottom: what is wanted, what is built, what is fetched, what goes along, parts, signature. What did not
change since the last time is used again; only parts are always written anew.
"""

import json
import re
import shutil
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import embedded
from carry import signature
from carry.manifest import (
    MANIFEST,
    SIGNATURE,
    SIGNER,
    BundleFile,
    BundleKind,
    FileKind,
    Manifest,
    MediaFile,
    Needs,
    from_bytes,
)
from carry.parts import file_sha256, write_parts
from console import Meter, Stop, detail, say, size, step
from environment import Place

from bundle import debian_root, elf, interpreter, llama, sbom, setup_program, wheels

MEMORY_BYTES = 4 * 10**9  # training the embedded model holds 2 GB, the name finder 0.8 GB: docs/benchmarks.md
GLIBC_LIMIT = (2, 34)
SAFE_SPACE = 1.25  # compiled Python files beside the sources, measured 1.18


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked for on the command line."""

    target: str = "linux-x86_64-cpu"
    out: Path
    part_bytes: int = 3900 * 10**6
    key: Path | None = None
    since: Path | None = None
    models: tuple[str, ...] = ()
    model_paths: tuple[Path, ...] = ()
    version: str = ""
    valid_days: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the bundle and where its bytes are."""

    path: Path
    file: BundleFile


def bundle(place: Place, wishes: Wishes) -> Path:
    """Build everything and write the bundle; the folder it lies in.

    Raises:
        Stop: something cannot be fetched or built, or the result would not run where it should.
    """
    target = wheels.TARGETS[wishes.target]
    version = wishes.version or project_version(place.root)
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    work = place.wheelhouse / ".build"
    work.mkdir(parents=True, exist_ok=True)
    log = work / "build.log"
    say(f"Garrison {version} for {target.name}; everything that is said goes to {log}")

    # 1. What has to be built: in an old root, so that it runs on old systems.
    root = debian_root.make(work / "bullseye", log)
    python = work / "python-3.11.tar"
    interpreter.build(root, python, log)
    portable = llama.build(root, packages_version(place, wheels.BUILT), work / "wheels", log)

    # 2. What is fetched: wheels with hashes, models out of theirs.
    wheels.download(place.lock, target, place.wheelhouse, log)
    wheels.download_models(embedded.load_pins(place.model_pins), place.wheelhouse, log)
    wheels.build_pure(place.lock, place.wheelhouse, log)
    put_alone(portable, place.wheelhouse)
    wheels.build_garrison(place.root, version, place.wheelhouse, log)
    chosen = wheels.chosen(place.lock, target, place.wheelhouse)
    wheels.write_lock(place.lock, chosen, place.wheelhouse / place.lock.name)
    setup_program.build(root, place.root / "installer", work / "garrison-setup.tar", log)

    # 3. What goes along: models, licences, the bill of materials.
    with step("Hashing what goes along"):
        sources = [wheel_source(wheel) for wheel in chosen]
        sources.append(source(python, "interpreter/python-3.11.tar", "interpreter", "Debian's source package", "PSF-2.0"))
        sources += model_sources(place, wishes, work)
        sources += paper_sources(version, created_at, sources, work)
    floor, who = glibc_floor(chosen, target, work)
    detail(f"glibc {floor} or newer, because of {who}")

    # 4. Only what changed, when that is wanted.
    old = from_bytes(wishes.since.read_bytes()) if wishes.since else None
    if old:
        known = {file.sha256 for file in old.files}
        sources = [Source(item.path, without_content(item.file)) if item.file.sha256 in known else item for item in sources]

    # 5. Parts, loose files, manifest, signature.
    kind: BundleKind = "difference" if old else "full"
    folder = wishes.out / f"garrison-{version}-{target.name}{'-difference' if old else ''}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    carried = [item for item in sources if item.file.is_carried]
    total = sum(item.file.size_bytes for item in carried)
    with step(f"Writing {len(carried)} files, {size(total)}"), Meter("writing", total) as meter:
        parts = write_parts(
            [item.path for item in carried],
            folder,
            stem=f"garrison-{version}",
            part_bytes=wishes.part_bytes,
            report=meter.add,
        )
    needs = Needs(
        machine=target.machine,
        glibc=floor,
        memory_bytes=MEMORY_BYTES,
        unpacked_bytes=unpacked_bytes(chosen, sources),
        python="3.11",
        cuda=target.cuda,
        driver=target.driver,
    )
    shutil.copyfile(work / "garrison-setup.tar", folder / "garrison-setup.tar")
    (folder / "README.txt").write_text(readme(version, target.name, needs, parts), encoding="utf-8", newline="\r\n")
    manifest = Manifest(
        version=version,
        target=target.name,
        kind=kind,
        created_at=created_at,
        expires_at=(datetime.now(UTC) + timedelta(days=wishes.valid_days)).isoformat(timespec="seconds")
        if wishes.valid_days
        else "",
        needs=needs,
        files=tuple(item.file for item in sources),
        parts=parts,
        loose=tuple(media_file(folder / name) for name in ("README.txt", "garrison-setup.tar")),
        since=old.version if old else "",
        schema=schema_number(place.root),
    )
    sign(manifest, folder, wishes.key)
    total = sum(path.stat().st_size for path in folder.iterdir())
    say(f"\n{folder}\n{len(list(folder.iterdir()))} files, {size(total)}; it runs from glibc {floor} on")
    return folder


def sign(manifest: Manifest, folder: Path, key: Path | None) -> None:
    """Write the manifest, its signature and the signer's public key; a manifest that could not be read is not written."""
    content = manifest.to_bytes()
    from_bytes(content)
    (folder / MANIFEST).write_bytes(content)
    if key is None:
        detail("NOT SIGNED: give --sign KEY (make one with: python3 installer key FILE)")
        return
    private = signature.load_private(key)
    (folder / SIGNATURE).write_bytes(signature.sign(content, private))
    (folder / SIGNER).write_bytes(signature.public_pem(private))
    detail(f"signed; fingerprint of the key: {signature.fingerprint(signature.public_pem(private))}")


def project_version(root: Path) -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def packages_version(place: Place, name: str) -> str:
    """The locked version of a package."""
    import packages

    return packages.pins(place.lock)[name]


def schema_number(root: Path) -> int:
    """How many schema steps this version knows: core's migrations are functions named `m001_…`, `m002_…`."""
    text = (root / "core/storage/migrations.py").read_text(encoding="utf-8")
    return max(int(number) for number in re.findall(r"^def m(\d{3})_", text, re.MULTILINE))


def put_alone(wheel: Path, folder: Path) -> None:
    """Copy a wheel into a folder where it is the only one of its package."""
    for old in folder.glob(f"{wheel.name.split('-')[0]}-*.whl"):
        if old.name != wheel.name:
            old.unlink()
    shutil.copyfile(wheel, folder / wheel.name)


def source(path: Path, name: str, kind: FileKind, origin: str, licence: str) -> Source:
    """A file of the bundle, hashed."""
    file = BundleFile(
        path=name, size_bytes=path.stat().st_size, sha256=file_sha256(path), kind=kind, origin=origin, licence=licence
    )
    return Source(path, file)


def without_content(file: BundleFile) -> BundleFile:
    """The same file, to be found on the target."""
    return BundleFile(
        path=file.path,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        kind=file.kind,
        origin=file.origin,
        licence=file.licence,
        is_carried=False,
    )


def media_file(path: Path) -> MediaFile:
    """A loose file, hashed."""
    return MediaFile(name=path.name, size_bytes=path.stat().st_size, sha256=file_sha256(path))


def wheel_source(wheel: Path) -> Source:
    """A wheel with what it says of itself."""
    said = wheels.facts(wheel)
    return source(wheel, f"wheels/{wheel.name}", "wheel", f"{said.name} {said.version}", said.licence)


def model_sources(place: Place, wishes: Wishes, work: Path) -> list[Source]:
    """Embedded models and those given by path, each file of each with its `model.json`.

    Raises:
        Stop: a name that is not embedded, or a folder without `model.json`.
    """
    pins = embedded.load_pins(place.model_pins)
    names = {pin.name for pin in pins}
    if unknown := set(wishes.models) - names:
        raise Stop(f"There is no embedded model {sorted(unknown)[0]!r}.", f"Embedded are: {', '.join(sorted(names))}.")
    folders = [
        place.models / pin.name for pin in pins if not wishes.models or pin.name in wishes.models or pin.format == "spacy"
    ]
    found = []
    for folder in [*folders, *wishes.model_paths]:
        if not (folder / "model.json").is_file():
            raise Stop(
                f"{folder} is no model folder: it has no model.json.",
                "Add it with `garrison models add` and give that folder.",
            )
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"python/share/garrison/models/{about['name']}/{path.relative_to(folder).as_posix()}"
            found.append(source(path, name, "model", about["source"], about["licence"]))
    return found


def paper_sources(version: str, created_at: str, sources: Sequence[Source], work: Path) -> list[Source]:
    """Licence texts of everything and the bill of materials, as files of the bundle."""
    pieces = [sbom.Piece(wheels.facts(item.path), item.file.sha256) for item in sources if item.file.kind == "wheel"]
    packages, texts = interpreter_papers(work / "python-3.11.tar")
    python = next(item for item in sources if item.file.kind == "interpreter")
    models = [
        json.loads(item.path.read_text(encoding="utf-8")) for item in sources if item.file.path.endswith("/model.json")
    ]
    bill = work / "sbom.cdx.json"
    bill.write_text(
        sbom.write(
            version, created_at, wheels=pieces, interpreter=packages, interpreter_sha256=python.file.sha256, models=models
        ),
        encoding="utf-8",
    )
    lines = [f"{piece.facts.name} {piece.facts.version}: {piece.facts.licence}" for piece in pieces]
    lines += [f"{model['name']} (model): {model['licence']}, from {model['source']}" for model in models]
    for piece in pieces:
        for name, text in piece.facts.texts.items():
            lines += ["", "=" * 100, f"{piece.facts.name} {piece.facts.version}, {name}", "=" * 100, text]
    for name, text in texts.items():
        lines += ["", "=" * 100, f"interpreter: {name}", "=" * 100, text]
    licences = work / "LICENCES.txt"
    licences.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [
        source(bill, "papers/sbom.cdx.json", "sbom", "made with the bundle", "Apache-2.0"),
        source(licences, "papers/LICENCES.txt", "licence", "gathered from what the bundle holds", "see there"),
    ]


def interpreter_papers(archive: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Debian packages inside the interpreter to their versions, and their licence texts."""
    packages, texts = {}, {}
    with tarfile.open(archive) as tar:
        for entry in tar:
            if not entry.isfile() or not entry.name.startswith("python/licences/"):
                continue
            reading = tar.extractfile(entry)
            text = reading.read().decode("utf-8", "replace") if reading else ""
            if entry.name.endswith("/versions.txt"):
                for line in text.splitlines():
                    name, _, number = line.replace("_", " ").partition(" ")
                    packages[name] = number
            else:
                texts[entry.name.rpartition("/")[2]] = text
    return packages, texts


def glibc_floor(chosen: list[Path], target: wheels.Target, work: Path) -> tuple[str, str]:
    """The oldest glibc that everything native in the bundle runs on, and the file that decides.

    Raises:
        Stop: it is newer than what this project promises.
    """
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    for archive in (work / "python-3.11.tar", work / "garrison-setup.tar"):
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="tar")
    with step("Looking what every native file needs"):
        floor, who = elf.newest_glibc([*chosen, *sorted(unpacked.rglob("*"))], ignored=target.never_loaded)
    shutil.rmtree(unpacked)
    if floor > GLIBC_LIMIT:
        raise Stop(f"{who} needs glibc {'.'.join(map(str, floor))}.", "Build it in the old root, or take an older version.")
    return ".".join(map(str, floor)), who.replace(str(unpacked) + "/", "")


def unpacked_bytes(chosen: list[Path], sources: Sequence[Source]) -> int:
    """What an installation takes: the stored files, and beside them what the wheels unpack to."""
    stored = sum(item.file.size_bytes for item in sources)
    return stored + int(sum(wheels.facts(wheel).unpacked_bytes for wheel in chosen) * SAFE_SPACE) + 150 * 10**6


def readme(version: str, target: str, needs: Needs, parts: Sequence[MediaFile]) -> str:
    """README.txt on the media."""
    return f"""Garrison {version} for {target}

What you need: a {needs.machine} machine with glibc {needs.glibc} or newer, {size(needs.memory_bytes)} of memory and
{size(needs.unpacked_bytes)} of disk at the place of installation. No Python, no compiler, no network.

1. Unpack the set-up program (once; it is small):
       tar xf garrison-setup.tar -C /var/tmp
2. Check the medium. The fingerprint of the key is told to you by another way than this medium:
       /var/tmp/garrison-setup/garrison-setup verify . --fingerprint FINGERPRINT
   With parts on several media, copy them into one folder, or give every folder that holds some.
   A part that is named as bad is copied again and checked alone:  ... verify . --only NAME
3. Compare the machine with what is needed:
       /var/tmp/garrison-setup/garrison-setup preflight . --fingerprint FINGERPRINT
4. Install (as root; below /opt/garrison unless --prefix says otherwise):
       /var/tmp/garrison-setup/garrison-setup install . --fingerprint FINGERPRINT
   With --service the dashboard runs as a systemd service of the user `garrison`.
5. Use it:
       /opt/garrison/current/bin/garrison serve      then open http://127.0.0.1:8501

Later: upgrade FOLDER, rollback, status --check, self-test, uninstall. Each says what it does; --help explains.

The bundle consists of {len(parts)} part(s), manifest.json (every file with size, SHA-256, origin and licence) and its
signature.
"""
