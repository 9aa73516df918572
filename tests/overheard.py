"""Everything that a stack lets out, in one text; and the secrets that it works with."""

import io
import json
import logging
import os
import re
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from builders import idle_job
from e2e.secrecy import told_in
from hostile.bodies import record
from idle_jobs.errors import ClusterError
from idle_jobs.services import open_services
from local.runner import Runner
from stacks import START, after

API_KEY = b64encode(b"key-id:wErtvolleR-SchluesseL").decode()
PASSWORD, USER = "hundert-Pfund-Kaese", "closer"
CREDENTIALS = {
    "api_key": {"encoded": API_KEY},
    "basic": {"username": USER, "password": PASSWORD},
}
AWS = {
    "AWS_ACCESS_KEY_ID": "AKIDOVERHEARD",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-geheimer-als-geheim",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjE-fluechtig",
}
SECRETS = (
    API_KEY,
    "wErtvolleR-SchluesseL",
    PASSWORD,
    b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    b64encode(PASSWORD.encode()).decode(),
    AWS["AWS_SECRET_ACCESS_KEY"],
    AWS["AWS_SESSION_TOKEN"],
)
WAYS: dict[str, dict[str, str]] = {
    "an API key": {"AuthMode": "api_key"},
    "a user": {"AuthMode": "basic"},
    "signed alone": {"AuthMode": "sigv4", "SecretArn": ""},
    "signed, with the credential carried": {"AuthMode": "sigv4"},
    "signed for VPC Lattice": {
        "AuthMode": "sigv4",
        "SigV4Service": "vpc-lattice-svcs",
    },
}
REQUEST = json.dumps({"job_id": "web", "requested_by": "ann", "request_id": "r-1"})
SENT_AT = str(int(after(days=-3).timestamp() * 1000))


class Overheard(Runner):
    """A stack that fails on purpose, and tells what is parked."""

    def fail(self, url: str, ca_bundle: str, seconds: float) -> None:
        """Let a read and a close fail on a cluster, and hear what they say.

        The request is as old as those that are parked with the cluster's error.
        """
        self.parameters = dict(self.parameters) | {
            "ClusterUrl": url,
            "CaBundle": ca_bundle,
        }
        names = ("READ_TIMEOUT", "CLOSE_READ_TIMEOUT", "CONNECT_TIMEOUT")
        self.timeouts = dict.fromkeys(names, str(seconds))
        came = record(REQUEST, 1) | {"attributes": {"SentTimestamp": SENT_AT}}
        self.invoke("Sweeper", {"Records": [came]})
        with self.inside("Closer") as closer:
            services = open_services("close_queue_url", closer.logger, closer.metrics)
            try:
                services.cluster.close(idle_job(), timeout="30m", read_timeout=seconds)
            except ClusterError as error:
                self.said.writelines(traceback.format_exception(error))
                self.said.write(f"{error!r} {vars(error)}")

    def parked(self) -> str:
        """Return what was parked, with what is beside it."""
        found: list[Any] = []
        sqs, url = boto3.client("sqs"), self.queues.urls["ParkingQueue"]
        while answer := sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            VisibilityTimeout=900,
        ).get("Messages"):
            found += answer
        return json.dumps(found)


@contextmanager
def overheard(
    cluster: Any, way: Mapping[str, str], patch: pytest.MonkeyPatch
) -> Iterator[Overheard]:
    """Yield a stack whose every logger writes, at DEBUG, into what it said."""
    with Overheard(cluster, START, way) as stack:
        for name, value in AWS.items():
            patch.setitem(os.environ, name, value)
        if "SecretArn" not in way:
            kind = "basic" if way["AuthMode"] == "basic" else "api_key"
            secret = json.dumps(CREDENTIALS[kind])
            client = boto3.client("secretsmanager")
            made = client.create_secret(Name=f"own-{id(stack)}", SecretString=secret)
            stack.parameters = dict(way) | {"SecretArn": made["ARN"]}
        with talkative(stack.said):
            yield stack


@contextmanager
def talkative(said: io.StringIO) -> Iterator[None]:
    """Let every logger write, at DEBUG, into a text."""
    handler, root = logging.StreamHandler(said), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@contextmanager
def listening() -> Iterator[Callable[[], list[str]]]:
    """Yield what finds the secrets that any stack has told since, at DEBUG."""
    said, started, enter = io.StringIO(), list[Runner](), Runner.__enter__

    def begin(stack: Runner) -> Runner:
        started.append(stack)
        return enter(stack)

    def told() -> list[str]:
        text = "".join(part.getvalue() for part in (said, *(s.said for s in started)))
        calls = [call for stack in started for call in stack.cluster.log]
        return told_in(text, calls)

    with talkative(said), patch.object(Runner, "__enter__", begin):
        yield told


def signatures(heads: list[bytes]) -> set[str]:
    """Return the signatures in the heads of requests."""
    return set(re.findall(r"Signature=(\w+)", b"".join(heads).decode("latin-1")))
