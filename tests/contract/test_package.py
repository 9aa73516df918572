"""The package that `pipx install .` makes: what is in it, and that it works alone."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from random import SystemRandom

import pytest
from packaging.requirements import Requirement

from idle_jobs_cli import __version__
from idle_jobs_cli.app import LISTED
from standin.cluster import API_KEY

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SIMULATED = "idle_jobs_cli/simulated"
SITE = Path(sysconfig.get_paths()["purelib"])
# What stands where in the package.
FOLDERS = {
    "functions/idle_jobs": "idle_jobs",
    "idle_jobs_cli": "idle_jobs_cli",
    "worlds/local": f"{SIMULATED}/worlds/local",
    "worlds/simulation": f"{SIMULATED}/worlds/simulation",
    "worlds/standin": f"{SIMULATED}/worlds/standin",
}
FILES = {
    "functions/closer.py": f"{SIMULATED}/functions/closer.py",
    "functions/force_closer.py": f"{SIMULATED}/functions/force_closer.py",
    "functions/reopener.py": f"{SIMULATED}/functions/reopener.py",
    "functions/sweeper.py": f"{SIMULATED}/functions/sweeper.py",
    "template.yaml": f"{SIMULATED}/template.yaml",
}


def requirements(name: str) -> Mapping[str, Requirement]:
    """Return the packages that a file in requirements/ lists, by their names."""
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    texts = [line.split(" #")[0].removesuffix(" \\") for line in lines]
    listed = [Requirement(text) for text in texts if text[:1].isalnum()]
    included = [line.split()[1] for line in lines if line.startswith("-r ")]
    named = {each.name.lower(): each for each in listed}
    for file in included:
        named |= requirements(file)
    return named


def test_the_packages_are_those_of_the_requirements() -> None:
    """A clone and an installed package need the same, and the pins satisfy both."""
    needed = [Requirement(text) for text in PROJECT["dependencies"]]
    extra = [Requirement(text) for text in PROJECT["optional-dependencies"]["demo"]]
    base, demo = requirements("cli.in"), requirements("demo.in")
    pinned = requirements("demo.txt")

    assert base.keys() == {each.name.lower() for each in needed}
    assert demo.keys() == {each.name.lower() for each in (*needed, *extra)}
    for each in (*needed, *extra):
        (version,) = pinned[each.name.lower()].specifier
        assert each.specifier.contains(version.version)


@pytest.mark.parametrize(("small", "large"), [("cli", "demo"), ("demo", "dev")])
def test_the_environments_have_the_same_versions(small: str, large: str) -> None:
    """The tests run with what the command and its demo run with."""
    few = {str(each) for each in requirements(f"{small}.txt").values()}
    many = {str(each) for each in requirements(f"{large}.txt").values()}

    assert few < many


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - our own package
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


def files(folder: str) -> Iterator[Path]:
    """Yield the files of a folder that are neither tests nor compiled."""
    for path in sorted((ROOT / folder).rglob("*")):
        if path.is_file() and not {"tests", "__pycache__"} & {*path.parts}:
            yield path


@pytest.mark.slow
def test_the_package_has_what_runs_and_no_tests(wheel: Path) -> None:
    """Each file is in its place as it is here, and there are no others."""
    expected = {name: (ROOT / path).read_bytes() for path, name in FILES.items()}
    for folder, place in FOLDERS.items():
        for path in files(folder):
            name = f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
            expected[name] = path.read_bytes()
    with zipfile.ZipFile(wheel) as package:
        names = [name for name in package.namelist() if ".dist-info/" not in name]
        found = {name: package.read(name) for name in names}

    assert expected.keys() == found.keys()
    assert expected == found
    assert not re.search(r"tests?/|mutants|conformance", " ".join(names))


class Installed:
    """The package in an environment of its own, with what it needs and no more."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        packages = folder / "packages.txt"
        packages.write_text(f"{wheel.as_uri()} --hash=sha256:{digest}\n")
        subprocess.run(  # noqa: S603 - our own tool
            [sys.executable, "tools/make_venv.py", folder / "venv/.ready", packages],
            cwd=ROOT,
            check=True,
        )
        (site,) = (folder / "venv").glob("lib/python3.*/site-packages")
        self.site = site
        self.add("cli")

    def add(self, name: str) -> None:
        """Give it the packages of a file in requirements/, from those of the tests."""
        for package in requirements(f"{name}.txt").values():
            if package.marker and not package.marker.evaluate():
                continue
            for top in {
                file.parts[0] for file in distribution(package.name).files or ()
            }:
                if top != ".." and not (self.site / top).exists():
                    (self.site / top).symlink_to(SITE / top)

    @contextmanager
    def started(self, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
        """Start `idle-jobs`, in an empty folder of somebody else."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        with subprocess.Popen(  # noqa: S603 - our own package
            [str(self.folder / "venv" / "bin" / "idle-jobs"), *words],
            cwd=home,
            env={"HOME": str(home), "PATH": os.defpath} | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *words: str, **environ: str) -> tuple[int, str, str]:
        """Run `idle-jobs`; return its exit code, its output and its errors."""
        with self.started(*words, **environ) as process:
            output, errors = process.communicate(timeout=120)
            return process.returncode, output, errors


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the package."""
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


@pytest.mark.slow
def test_the_command_is_there(installed: Installed) -> None:
    """It starts under its name, tells its version, and has all its commands."""
    version = installed.run("--version")
    code, told, errors = installed.run("--help")

    assert (0, f"idle-jobs, version {__version__}\n", "") == version
    assert (0, "") == (code, errors)
    assert LISTED.keys() <= set(told.split())


@pytest.mark.slow
def test_a_plan_of_the_simulated_cluster_needs_no_more(installed: Installed) -> None:
    """The cluster is served until Ctrl-C, and the plan of its jobs is printed."""
    port = str(SystemRandom().randrange(10_000, 32_768))
    with installed.started("cluster", "--port", port) as cluster:
        assert cluster.stdout
        assert cluster.stdout.readline().startswith("A simulated cluster with ")
        url = f"http://127.0.0.1:{port}"
        code, told, errors = installed.run("plan", "--url", url, ES_API_KEY=API_KEY)
        cluster.send_signal(signal.SIGINT)
        _, complaints = cluster.communicate(timeout=10)

    assert (0, "") == (code, complaints)
    assert "web-latency" in told
    assert "Traceback" not in errors


@pytest.mark.slow
def test_the_demo_needs_the_extra(installed: Installed) -> None:
    """Without it, the command says how to get it; with it, the day is played."""
    code, told, errors = installed.run("demo")

    assert (1, "") == (code, told)
    assert errors.startswith("Error: this needs the package ")
    assert "pipx install --force '.[demo]'" in errors
    installed.add("demo")
    code, told, errors = installed.run("demo")

    assert (0, "") == (code, errors)
    assert told.rstrip().endswith("jobs ended as expected.")


@pytest.mark.slow
def test_schedules_are_simulated(installed: Installed) -> None:
    """In processes of their own, which find what the first one has found."""
    installed.add("demo")
    code, told, errors = installed.run("simulate", "--schedules", "2")

    assert (0, True) == (code, "2 schedules" in told), errors
