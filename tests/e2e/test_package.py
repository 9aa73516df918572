"""What `make package` makes: uploaded by SAM, translated, and run from the bucket."""

import io
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
import requests
import yaml
from click.testing import CliRunner
from moto.server import ThreadedMotoServer
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from configurations import KEYED
from deployed import FUNCTIONS as OF_FUNCTIONS
from e2e.artifact import BUILD, ArtifactRunner
from e2e.conftest import PARAMETERS, PATIENT
from local.place import REGION
from local.runner import AWS_KEYS
from local.topology import Topology
from local.translation import NEEDED
from stacks import START, add_idle, after, ends
from standin.cluster import Cluster
from tools import package
from tools.samconfig import keep

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
FILES = {"template.yaml", "functions.zip", "LICENSE", "README.md", "sbom.json"}
# By the tests.
WRITTEN = {"packaged.yaml", "samconfig.toml"}
WHERE: Any = {"LocationConstraint": REGION}
FUNCTIONS = [*Topology.load().functions]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the package twice, and unpack it as somebody who has only that."""
    folder = tmp_path_factory.mktemp("dist")
    archive = folder / f"{package.NAME}.zip"
    digests = [CliRunner().invoke(package.main, [str(folder)]).output for _ in range(2)]

    assert digests[0] == digests[1]
    assert digests[0].startswith(f"{archive}\nsha256 ")
    away = tmp_path_factory.mktemp("away")
    with zipfile.ZipFile(archive) as file:
        file.extractall(away)
    return away / package.NAME


@dataclass(frozen=True)
class Uploaded:
    """The template that SAM wrote, and what it put into the bucket, by its keys."""

    template: dict[str, Any]
    objects: dict[str, bytes]


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Yield a bucket of AWS's APIs behind HTTP, which the SAM CLI finds meanwhile."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    ours = {"AWS_ENDPOINT_URL": url, "SAM_CLI_TELEMETRY": "0"}
    try:
        requests.post(f"{url}/moto-api/reset", timeout=10)
        with patch.dict(os.environ, AWS_KEYS | ours):
            # A session of its own: the one of all stacks takes no second S3 client.
            s3 = boto3.Session(region_name=REGION).client("s3")
            s3.create_bucket(Bucket="ours", CreateBucketConfiguration=WHERE)
            yield "ours"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def uploaded(made: Path, bucket: str) -> Uploaded:
    """Package it with the SAM CLI itself: as `aws cloudformation package` does it."""
    s3 = boto3.Session(region_name=REGION).client("s3")
    names = ["--template-file", "template.yaml"]
    names += ["--output-template-file", "packaged.yaml"]
    subprocess.run(  # noqa: S603 - the SAM CLI of our own environment
        [SAM, "package", *names, "--s3-bucket", bucket, "--no-progressbar"],
        cwd=made,
        check=True,
        capture_output=True,
    )
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    bodies = {k: s3.get_object(Bucket=bucket, Key=k)["Body"].read() for k in keys}
    text = (made / "packaged.yaml").read_text(encoding="utf-8")
    return Uploaded(yaml.safe_load(text), bodies)


def test_it_has_what_is_needed(made: Path) -> None:
    """The template, the code, the two files that the template names, and the SBOM."""
    with zipfile.ZipFile(made / "functions.zip") as code:
        names = set(code.namelist())
        modes = {entry.external_attr >> 16 for entry in code.infolist()}
    built = (path for path in (BUILD / "Sweeper").rglob("*") if path.is_file())

    assert FILES <= {path.name for path in made.iterdir()} <= FILES | WRITTEN
    assert names == {str(path.relative_to(BUILD / "Sweeper")) for path in built}
    assert modes == {0o100644}, "Lambda's user may read them"


def test_the_code_is_uploaded_once(uploaded: Uploaded) -> None:
    """The functions have one object; licence and page are uploaded, too."""
    resources = uploaded.template["Resources"]
    uris = {resources[name]["Properties"]["CodeUri"] for name in FUNCTIONS}
    told = uploaded.template["Metadata"]["AWS::ServerlessRepo::Application"]
    keys = {uri.removeprefix("s3://ours/") for uri in uris}

    assert len(keys) == 1
    others = {
        told[name].removeprefix("s3://ours/") for name in ("LicenseUrl", "ReadmeUrl")
    }
    assert keys | others == uploaded.objects.keys()


def test_cloudformation_gets_a_whole_stack(uploaded: Uploaded) -> None:
    """It is translated as it was uploaded, and moto makes functions of its code."""
    translator = Translator(
        managed_policy_map={},
        sam_parser=Parser(),
        boto_session=boto3.Session(region_name=REGION),
    )
    source = json.loads(json.dumps(uploaded.template))
    found = translator.translate(source, parameter_values=NEEDED | KEYED)
    code = {
        json.dumps(found["Resources"][name]["Properties"]["Code"]) for name in FUNCTIONS
    }
    (one,) = map(json.loads, code)

    assert one["S3Bucket"] == "ours"
    every = found["Resources"].items()
    kept = {name: made for name, made in every if made["Type"] in OF_FUNCTIONS}
    cloud = boto3.Session(region_name=REGION).client("cloudformation")
    cloud.create_stack(
        StackName="packaged",
        TemplateBody=json.dumps(found | {"Resources": kept, "Outputs": {}}),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in (NEEDED | KEYED).items()
        ],
    )
    listed = (
        boto3.Session(region_name=REGION).client("lambda").list_functions()["Functions"]
    )

    assert {each["Handler"] for each in listed} == {
        function.handler for function in Topology.load().functions.values()
    }
    size = len(uploaded.objects[one["S3Key"]])
    assert {each["CodeSize"] for each in listed} == {size}


@pytest.mark.usefixtures("uploaded")
def test_sam_reads_what_was_answered(
    made: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sam deploy` shows the settings that `make deploy` has kept, blanks and all."""
    settings = {
        "ClusterName": "prod",
        "ClusterUrl": "https://elastic.example:9243",
        "ScheduleExpression": "cron(0 20 ? * MON-FRI *)",
        "KeepPatterns": "prod-*, [a-c]?, billing",
    }
    monkeypatch.chdir(made)
    where = {"s3_bucket": bucket, "region": REGION}
    keep("default", {"stack_name": "drill", **where}, {})
    keep("staging", {"stack_name": "x", **where}, settings)
    # moto does not find the template in the bucket: it ends there, after the upload.
    ended = subprocess.run(  # noqa: S603 - the SAM CLI of our own environment
        [SAM, "deploy", "--config-env", "staging", "--template-file", "packaged.yaml"],
        check=False,
        capture_output=True,
        text=True,
    )
    (shown,) = re.findall(r"Parameter overrides +: (.*)", ended.stdout)

    assert settings == json.loads(shown)
    assert re.search("Stack name +: x\n", ended.stdout)


def test_what_was_uploaded_runs(uploaded: Uploaded, tmp_path: Path) -> None:
    """A sweep closes an idle job with the code from the bucket."""
    uri = uploaded.template["Resources"]["Sweeper"]["Properties"]["CodeUri"]
    code = uploaded.objects[uri.removeprefix("s3://ours/")]
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(tmp_path)
    artifacts = dict.fromkeys(FUNCTIONS, tmp_path)
    with ArtifactRunner(
        Cluster(), START, PARAMETERS, timeouts=PATIENT, artifacts=artifacts
    ) as stack:
        add_idle(stack, "old")
        stack.run(after(hours=25))

        assert ends(stack) == ["old: closed idle_datafeed_stopped"]
