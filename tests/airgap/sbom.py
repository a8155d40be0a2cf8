"""The bill of materials of a real bundle, judged by the standard's own schema: `sbom.py FILE`. Needs the tests' packages."""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

bill = Path(sys.argv[1]).read_text(encoding="utf-8")
if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill):
    raise SystemExit(f"not valid CycloneDX 1.6: {str(fault)[:300]}")
components = json.loads(bill)["components"]
inner = sum(len(component.get("components", ())) for component in components)
print(f"valid CycloneDX 1.6: {len(components)} components, {inner} native libraries inside them")
