"""Makes what a company deploys that has the AWS CLI and neither SAM nor Python.

    python -m tools.package dist

It writes dist/idle-job-closer-VERSION.zip with the template, the code of the functions,
what the template names, and what is in the code (SBOM), from what `sam build` and
`make sbom` made. The same commit gives the same bytes: there are no times in it.
"""

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Any

import click
import yaml

from idle_jobs_cli import __version__

BUILD = Path(".aws-sam/build")
SBOM = Path(".aws-sam/sbom.json")
CODE = "functions.zip"
NAME = f"idle-job-closer-{__version__}"
# The earliest time that a zip file can tell.
NO_TIME = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Write the package into FOLDER, and print its name and its SHA-256."""
    made = folder / NAME
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    template = yaml.safe_load((BUILD / "template.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(packaged(template), sort_keys=False, width=88)
    (made / "template.yaml").write_text(text, encoding="utf-8")
    # The functions' artifacts are the same; each has a handler of its own in it.
    zip_folder(BUILD / "Sweeper", made / CODE)
    for path in (Path("LICENSE"), Path("README.md"), SBOM):
        shutil.copyfile(path, made / path.name)
    archive = folder / f"{NAME}.zip"
    zip_folder(made, archive, below=NAME)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    click.echo(f"{archive}\nsha256 {digest}")


def packaged(template: dict[str, Any]) -> dict[str, Any]:
    """Return the built template, with its code and its files in its own folder."""
    del template["Globals"]["Function"]["CodeUri"]  # Each function has its own.
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = CODE
            del resource["Metadata"]  # How it was built.
    told = template["Metadata"]["AWS::ServerlessRepo::Application"]
    told |= {"LicenseUrl": "LICENSE", "ReadmeUrl": "README.md"}
    return template


def zip_folder(folder: Path, archive: Path, below: str = "") -> None:
    """Write all files of a folder into a zip file, which tells no time and no owner."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = (Path(below) / path.relative_to(folder)).as_posix()
                entry = zipfile.ZipInfo(name, NO_TIME)
                entry.external_attr = READABLE
                entry.compress_type = zipfile.ZIP_DEFLATED
                file.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main(prog_name="make package")
