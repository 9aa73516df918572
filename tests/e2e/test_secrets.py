"""The search for secrets in what functions write finds each kind, where one is."""

import shutil
from pathlib import Path

import pytest

from e2e.artifact import BUILD, ArtifactRunner
from e2e.batches import ask
from e2e.conftest import PARAMETERS
from e2e.secrecy import KEY_ID, SECRET, TOKEN
from stacks import START, add_idle, posts
from standin.cluster import API_KEY, Cluster

pytestmark = pytest.mark.e2e

# What somebody might write who looks for a fault: the headers, and the environment.
PLANTED = """
import json
import logging
import os
import idle_jobs.elastic.signing

for signer in (idle_jobs.elastic.signing.Direct, idle_jobs.elastic.signing.SigV4):
    def told(self, request, sign=signer.__call__):
        signed = sign(self, request)
        line = {"level": "DEBUG", "message": "planted"}
        line |= {"headers": dict(signed.headers), "secret": SHOWN}
        TELL(json.dumps(line))
        return signed
    signer.__call__ = told
"""
# To the standard output, and as another package does that is asked to debug.
WAYS = {"print": "print", "log": "logging.getLogger('x').debug"}


def talkative(folder: Path, shown: str, way: str) -> Path:
    """Return an artifact whose Closer writes secrets, in one of the ways."""
    artifact = folder / "artifact"
    shutil.copytree(BUILD / "Closer", artifact)
    planted = PLANTED.replace("SHOWN", shown).replace("TELL", WAYS[way])
    source = artifact / "closer.py"
    source.write_text(source.read_text() + planted)
    (artifact / "__pycache__" / "closer.cpython-313.pyc").unlink()
    return artifact


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("auth", ["api_key", "sigv4"])
def test_a_secret_that_is_told_is_found(auth: str, way: str, tmp_path: Path) -> None:
    """The API key, the secret key, the session token, and every signature."""
    cluster = Cluster(aws_secrets={KEY_ID: SECRET})
    parameters = PARAMETERS | {"AuthMode": auth}
    with ArtifactRunner(cluster, START, parameters) as stack:
        secret_key = "os.environ['AWS_SECRET_ACCESS_KEY']"
        stack.artifacts["Closer"] = talkative(tmp_path, secret_key, way)
        add_idle(stack)
        ask(stack, "web")
        stack.take_one("Closer")
        found = stack.secrets_told()

        assert posts(stack)
        assert SECRET in found
        if auth == "api_key":
            assert API_KEY in found
        else:
            assert TOKEN in found
            assert sum("Signature=" in each for each in found) == len(cluster.log)
