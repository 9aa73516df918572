"""Writes the SBOM of what is deployed, in CycloneDX's JSON, valid by its schema.

    python -m sbom sbom.json

cyclonedx-bom reads functions/requirements.txt, which pins each package by its hashes.
The licences are those of docs/dependencies.md, which tests compare with the packages'.
The same commit gives the same file: it has no time and no serial number.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from idle_jobs_cli import __version__
from markdown import table

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "functions" / "requirements.txt"
ASKED = ROOT / "requirements" / "runtime.in"
PAGE = ROOT / "docs" / "dependencies.md"


def sbom() -> dict[str, Any]:
    """Return the application, its packages, their hashes and licences."""
    bom = _read(REQUIREMENTS)
    licences = {row["Package"]: row["Licence"] for row in _deployed()}
    for component in bom["components"]:
        # Only tells the line of the file.
        del component["description"]
        component["licenses"] = _licence(licences[component["name"]])
    name = "idle-job-closer"
    bom["metadata"]["component"] = {
        "bom-ref": name,
        "type": "application",
        "name": name,
        "version": __version__,
        "licenses": _licence("Apache-2.0"),
    }
    asked = ASKED.read_text(encoding="utf-8").splitlines()
    refs = [c["bom-ref"] for c in bom["components"] if c["name"] in asked]
    bom["dependencies"].append({"ref": name, "dependsOn": refs})
    return bom


def _read(requirements: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(requirements)]
    options = ["--output-reproducible", "--spec-version", "1.6", "--of", "JSON"]
    made = subprocess.run(  # noqa: S603 - our own environment
        [*command, *options], capture_output=True, text=True, check=True
    )
    bom: dict[str, Any] = json.loads(made.stdout)
    return bom


def _deployed() -> list[dict[str, str]]:
    page = PAGE.read_text(encoding="utf-8")
    return table(page.split("## What the command adds")[0], "Package")


def _licence(name: str) -> list[dict[str, Any]]:
    return [{"license": {"id": name, "acknowledgement": "declared"}}]


def main() -> None:
    """Write the file, unless the schema of CycloneDX says that it is wrong."""
    text = json.dumps(sbom(), indent=2) + "\n"
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"{wrong}")
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
