"""A deployed stack whose functions run here: the stand-in, moto, and our handlers.

The stack is the translated template in moto. `work` lets each function take what lies
in its queue, with the variables of its deployment, until nothing is left; what they log
is put into their log groups. The clock stands still unless a test turns it.
"""

import importlib
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from commands.running import idle_jobs
from deployed import FUNCTIONS, NAME, deployed, on_event
from idle_jobs.modes import read_mode
from local.runner import CLUSTER_NAME, SHORT_TIMEOUTS, LambdaContext
from standin.cluster import API_KEY, Cluster, serve

# Which function takes what is in which queue.
TAKERS = {
    "Sweeper": "RequestQueue",
    "Closer": "CloseQueue",
    "ForceCloser": "ForceQueue",
}
MODULES = {
    "Sweeper": "sweeper",
    "Closer": "closer",
    "ForceCloser": "force_closer",
    "Reopener": "reopener",
}
MODE = f"/{NAME}/mode"
# The functions remember a secret by its name.
_SECRETS = count(1)


@dataclass
class World:
    """A stack, by its physical ids, and the cluster that it looks after."""

    cluster: Cluster
    url: str
    ids: Mapping[str, str]
    secret: str
    log: list[dict[str, Any]] = field(default_factory=list)
    # Whether the function that somebody invokes crashes, after it has worked.
    crashes: Callable[[], bool] = lambda: False

    def run(self, *argv: str, **variables: str) -> int:
        """Run a command on this stack; return its exit code."""
        return idle_jobs(*argv, "--stack", NAME, **variables)

    def set_mode(self, mode: str) -> None:
        """Write the mode; the functions forget the one they know."""
        boto3.client("ssm").put_parameter(
            Name=MODE, Value=mode, Type="String", Overwrite=True
        )
        with suppress(Exception):  # A test may write what is no mode.
            read_mode(MODE, fresh=True)

    def turn(self, **variables: str) -> None:
        """Change variables of the deployed functions."""
        lambdas = boto3.client("lambda")
        for name in MODULES:
            lambdas.update_function_configuration(
                FunctionName=self.ids[name],
                Environment={"Variables": self._variables(name) | variables},
            )

    def sent(self, queue: str = "RequestQueue") -> list[dict[str, Any]]:
        """Return what lies in a queue, and leave it there."""
        answer = boto3.client("sqs").receive_message(
            QueueUrl=self.ids[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let the functions work whenever somebody looks into their logs."""

        def work(**_: object) -> None:
            self.work()

        with on_event("before-call.logs.FilterLogEvents", work):
            yield

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Let each function answer who invokes it."""

        def invoke(params: dict[str, Any], **_: object) -> tuple[AWSResponse, Any]:
            name = next(n for n in MODULES if self.ids[n] in params["url_path"])
            told: Any = {}
            try:
                answer = self._invoke(name, json.loads(params["body"]))
                if self.crashes():
                    raise TimeoutError("Task timed out")
            except Exception as error:  # noqa: BLE001 - Lambda, too, catches all.
                answer, told = {"errorMessage": str(error)}, {"FunctionError": "x"}
            body = io.BytesIO(json.dumps(answer).encode())
            return AWSResponse("", 200, HTTPHeaders(), None), {"Payload": body, **told}

        with on_event("before-call.lambda.Invoke", invoke):
            yield

    def work(self) -> None:
        """Let each function take what is there, until nothing is left to take."""
        while any(self._take(name, queue) for name, queue in TAKERS.items()):
            pass

    def outcomes(self) -> dict[str, str]:
        """Return how each job ended, and why."""
        ends = [line for line in self.log if line["message"] == "outcome"]
        return {e.get("job_id", ""): f"{e['ended']}: {e['reason']}" for e in ends}

    def put_line(self, group: str, line: Mapping[str, Any]) -> None:
        """Write a line into the log group of a function."""
        logs, where = boto3.client("logs"), {"logGroupName": self.ids[group]}
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**where, logStreamName="x")
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
        logs.put_log_events(**where, logStreamName="x", logEvents=[event])

    def _variables(self, name: str) -> dict[str, str]:
        lambdas = boto3.client("lambda")
        found = lambdas.get_function_configuration(FunctionName=self.ids[name])
        return {k: str(v) for k, v in found["Environment"]["Variables"].items()}

    def _take(self, name: str, queue: str) -> bool:
        """Let a function take one batch; return whether there was any."""
        sqs, url = boto3.client("sqs"), self.ids[queue]
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=1800,
            MessageSystemAttributeNames=["All"],
        )
        records = [_record(message) for message in answer.get("Messages", [])]
        if not records:
            return False
        left = self._invoke(name, {"Records": records})["batchItemFailures"]
        stay = {each["itemIdentifier"] for each in left}
        for record in records:
            if record["messageId"] not in stay:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
        return True

    def _invoke(self, name: str, event: dict[str, Any]) -> Any:
        module, output = importlib.import_module(MODULES[name]), io.StringIO()
        for stream in module.logger.handlers:
            stream.setStream(output)
        context = LambdaContext(name, 512, "run", 300)
        with patch.dict("os.environ", self._variables(name)), redirect_stdout(output):
            answer = module.handler(event, context)
        for line in map(json.loads, output.getvalue().splitlines()):
            if "message" in line:  # The other lines are metrics.
                self.log.append(line)
                self.put_line(f"{name}LogGroup", line)
        return answer


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message the way Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
        "awsRegion": "eu-west-1",
    }


@contextmanager
def world_of(cluster: Cluster, **parameters: str) -> Iterator[World]:
    """Deploy a stack in mode `close` that looks after a cluster."""
    with ExitStack() as stack:
        url, secret = stack.enter_context(serve(cluster)), f"key-{next(_SECRETS)}"
        # All Metrics of a process have one name of a cluster.
        own = {"ClusterName": CLUSTER_NAME, "ClusterUrl": url}
        own |= {"AuthMode": "api_key", "SecretArn": secret}
        ids = stack.enter_context(deployed(*FUNCTIONS, **own, **parameters))
        boto3.client("secretsmanager").create_secret(Name=secret, SecretString=API_KEY)
        world = World(cluster, url, ids, secret)
        world.set_mode("close")
        world.turn(**SHORT_TIMEOUTS)  # The clock stands, so nobody waits in vain.
        yield world
