"""The bill of materials in CycloneDX 1.6 (JSON): wheels, the interpreter, native libraries inside both, models.

Written by hand: the generators on the index read an installed environment and know neither a bundled interpreter nor
model weights. A test checks the result against the standard's own schema.
"""

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bundle.wheels import Facts

SPDX = re.compile(r"[A-Za-z0-9.+-]+")
# What wheels write, and SPDX's word for it. "BSD License" alone could be several, so it stays as it is.
KNOWN = {
    "MIT License": "MIT",
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "PSFL": "PSF-2.0",
    "UNKNOWN": "not stated",
}
ONE_ID = {
    "MIT",
    "Apache-2.0",
    "BSD-3-Clause",
    "BSD-2-Clause",
    "ISC",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
    "0BSD",
    "HPND",
    "MIT-0",
    "MIT-CMU",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of the bundle as the bill lists it."""

    facts: Facts
    sha256: str


def component(kind: str, name: str, version: str, *, purl: str = "", license: str = "", sha256: str = "") -> dict[str, Any]:
    """One component."""
    made: dict[str, Any] = {"type": kind, "name": name, "version": version, "bom-ref": purl or f"{kind}:{name}@{version}"}
    if purl:
        made["purl"] = purl
    license = KNOWN.get(license, license)
    if license in ONE_ID:
        made["licenses"] = [{"license": {"id": license}}]
    elif re.search(r" (AND|OR|WITH) ", license):
        made["licenses"] = [{"expression": license}]
    elif license:
        made["licenses"] = [{"license": {"name": license}}]
    if sha256:
        made["hashes"] = [{"alg": "SHA-256", "content": sha256}]
    return made


def write(
    version: str,
    created_at: str,
    *,
    wheels: Iterable[Piece],
    interpreter: dict[str, str],
    interpreter_sha256: str,
    models: Iterable[dict[str, str]],
) -> str:
    """The bill as text.

    Args:
        version: of Garrison.
        created_at: ISO 8601, UTC.
        wheels: what every wheel says of itself.
        interpreter: Debian packages whose files the interpreter carries, to their versions; `python3.11` among them.
        interpreter_sha256: of its archive.
        models: `model.json` of each.
    """
    components = []
    for piece in wheels:
        name = re.sub(r"[-_.]+", "-", piece.facts.name).lower()
        made = component(
            "library",
            name,
            piece.facts.version,
            purl=f"pkg:pypi/{name}@{piece.facts.version}",
            license=piece.facts.license,
            sha256=piece.sha256,
        )
        if piece.facts.libraries:
            made["components"] = [
                {**component("library", library, ""), "bom-ref": f"{name}:{library}"}
                for library in sorted(set(piece.facts.libraries))
            ]
            for inner in made["components"]:
                del inner["version"]
        components.append(made)
    python = component(
        "platform", "python3.11", interpreter.get("python3.11", ""), license="PSF-2.0", sha256=interpreter_sha256
    )
    python["components"] = [
        component("library", name, number, purl=f"pkg:deb/debian/{name}@{number.replace('+', '%2B')}?distro=debian-11")
        for name, number in sorted(interpreter.items())
        if name != "python3.11"
    ]
    components.append(python)
    for model in models:
        components.append(
            component(
                "machine-learning-model", model["name"], model["source"], license=model["license"], sha256=model["sha256"]
            )
        )
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'garrison/{version}/{created_at}')}",
        "version": 1,
        "metadata": {
            "timestamp": created_at,
            "component": component("application", "garrison", version, license="Apache-2.0"),
        },
        "components": components,
    }
    return json.dumps(bill, indent=1, sort_keys=True) + "\n"
