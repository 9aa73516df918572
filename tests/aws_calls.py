"""What the functions ask of AWS, as IAM sees it: who does what, and on which resource.

A call that nobody taught this raises an error; none is left out.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple, Self
from unittest.mock import patch

from botocore.client import BaseClient

from local.crash_runner import new_environment
from local.place import ACCOUNT, REGION
from local.runner import AWS_KEYS, Runner
from standin.cluster.sigv4 import Signature
from standin.cluster.wire import Received, Request

# IAM has no action of its own for a batch.
BATCHES = {
    "SendMessageBatch": "SendMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
# AWS answers these whatever the policies are.
FREE = {"sts:GetCallerIdentity"}
BY_URL = ("lambda:InvokedViaFunctionUrl", "true")
METHOD = "vpc-lattice-svcs:RequestMethod"


class Call(NamedTuple):
    """A function's use of one action on one resource; `keys` is what AWS knows beside.

    One request of a function may need two actions: both are calls here.
    """

    function: str
    action: str
    resource: str
    keys: frozenset[tuple[str, str]] = frozenset()


def api_call(
    function: str, service: str, operation: str, given: Mapping[str, Any]
) -> Call:
    """Return what an operation of an API needs."""
    action = f"{service}:{BATCHES.get(operation, operation)}"
    here = f"arn:aws:{service}:{REGION}:{ACCOUNT}"
    match service, given:
        case "sqs", {"QueueUrl": url}:
            return Call(function, action, f"{here}:{url.rpartition('/')[2]}")
        case "dynamodb", {"TableName": _}:
            return Call(function, action, f"{here}:Ledger")  # As the policies name it.
        case "events", {"Entries": [{"EventBusName": bus, "Source": source}, *_]}:
            keys = frozenset({("events:source", source)})
            return Call(function, action, f"{here}:event-bus/{bus}", keys)
        case "sns", {"TopicArn": _}:
            return Call(function, action, "DigestTopic")
        case "ssm", {"Name": name}:
            return Call(function, action, f"{here}:parameter{name}")
        case "secretsmanager", {"SecretId": arn}:
            return Call(function, action, arn)
        case "sts", {"RoleArn": arn}:
            return Call(function, action, arn)
    if action in FREE:
        return Call(function, action, "*")
    raise NotImplementedError(action, given)


def signed_calls(function: str, cluster: str, received: Received) -> Iterator[Call]:
    """Yield what a request to the cluster needs that the function's own role signed.

    `cluster` is the ClusterArn of the stack; its last part may be a wildcard.
    """
    method, path = received.method, received.path.partition("?")[0]
    request = Request(method, received.path, received.headers)
    signature = Signature.read(request.header("authorization") or "", request)
    if signature is None or signature.key_id != AWS_KEYS["AWS_ACCESS_KEY_ID"]:
        return
    on = cluster.replace("/*", path)
    match signature.service:
        case "execute-api":
            on = cluster.replace("/*", f"/{method}{path}")
            yield Call(function, "execute-api:Invoke", on)
        case "es":
            yield Call(function, f"es:ESHttp{method.title()}", on)
        case "lambda":
            yield Call(function, "lambda:InvokeFunctionUrl", on)
            yield Call(function, "lambda:InvokeFunction", on, frozenset({BY_URL}))
        case "vpc-lattice-svcs":
            keys = frozenset({(METHOD, method)})
            yield Call(function, "vpc-lattice-svcs:Invoke", on, keys)
        case service:
            raise NotImplementedError(service)


@dataclass
class ListeningRunner(Runner):
    """A stack that notes what its functions ask of AWS, whichever client they use."""

    _asked: list[tuple[str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    _signed: list[tuple[str, Received]] = field(default_factory=list)
    _running: str = ""
    _last: str = ""

    def __enter__(self) -> Self:
        """Listen to every client: the functions keep some, and make some anew."""
        super().__enter__()
        # moto has put keys of its own in their place.
        self._stack.enter_context(patch.dict(os.environ, AWS_KEYS))
        listening = self._listening(vars(BaseClient)["_make_api_call"])
        self._stack.enter_context(patch.object(BaseClient, "_make_api_call", listening))
        return self

    @contextmanager
    def inside(self, name: str) -> Iterator[ModuleType]:
        """Listen while a function runs: what is called beside it is not its call.

        Here all functions share a process; there, none hears what another has cached.
        """
        if name != self._last:
            new_environment()
        received = len(self.cluster.log)
        self._running = self._last = name
        try:
            with super().inside(name) as module:
                yield module
        finally:
            self._running = ""
            self._signed += [(name, line) for line in self.cluster.log[received:]]

    @property
    def calls(self) -> set[Call]:
        """Return what the functions have asked of AWS so far."""
        cluster = self.parameters.get("ClusterArn", "")
        asked = {api_call(*asked) for asked in self._asked}
        for function, line in self._signed:
            asked |= set(signed_calls(function, cluster, line))
        return {call for call in asked if call.action not in FREE}

    def _listening(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def call(client: BaseClient, operation: str, given: Mapping[str, Any]) -> Any:
            if self._running:
                service = client.meta.service_model.service_name
                self._asked.append((self._running, service, operation, dict(given)))
            return make(client, operation, given)

        return call
