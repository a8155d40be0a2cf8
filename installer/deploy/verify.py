"""`verify`: checks every part and loose file of a bundle, with progress; any fault stops the installation."""

from console import Meter, Stop, detail, size, step

from core.carry.verify import Bundle, faults


def check_media(bundle: Bundle) -> None:
    """Read and check every part and loose file.

    Raises:
        Stop: A file is missing, changed or unlisted; the message names all of them.
    """
    total = sum(entry.size_bytes for entry in bundle.media)
    with step(f"Checking {len(bundle.media)} files, {size(total)}"), Meter("reading", total) as meter:
        damaged = list(faults(bundle, meter.add))
        for name, fault in damaged:
            detail(f"{name}: {fault}")
    if damaged:
        names = ", ".join(dict.fromkeys(name for name, _ in damaged))
        raise Stop(
            f"The bundle is not as it was signed: {names}.",
            "Copy what is named again, then check it alone with: garrison-setup verify --only NAME",
        )


def check_one(bundle: Bundle, name: str) -> None:
    """Read and check a single part or loose file again.

    Raises:
        Stop: There is no file of that name, or it is still wrong.
    """
    entries = {entry.name: entry for entry in bundle.media}
    entry = entries.get(name)
    if entry is None:
        raise Stop(f"{name} is no file of this bundle.", f"Its files are: {', '.join(entries)}.")
    with step(f"Checking {name}"):
        if fault := bundle.reader.fault(entry):
            raise Stop(f"{name}: {fault}.", "Copy it again from its source.")
