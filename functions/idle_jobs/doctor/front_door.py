"""Tests whether a request comes through to Elasticsearch, and what refuses it."""

from collections.abc import Mapping
from typing import Any

from idle_jobs.doctor.finding import Finding, fail, ok
from idle_jobs.elastic.answers import parsed
from idle_jobs.elastic.info import ON_SERVERLESS, Info, read_info
from idle_jobs.elastic.transport import Wire
from idle_jobs.errors import ClusterError, NotOnServerless

Answer = Mapping[str, Any] | ClusterError


def ask(wire: Wire, path: str, **params: str) -> Answer:
    """Return the object that the cluster answers, or the error."""
    try:
        return parsed(wire.call("GET", path, params)) or {}
    except ClusterError as error:
        return error


def check_front_door(wire: Wire, *, signed: bool) -> tuple[Finding, Info | None]:
    """Return whether a request comes through, and what `_ml/info` says if it does."""
    answer = ask(wire, "/_ml/info")
    if isinstance(answer, NotOnServerless):
        return ok("front door", "the request was accepted"), ON_SERVERLESS
    if not isinstance(answer, ClusterError):
        try:
            return ok("front door", "the request was accepted"), read_info(answer)
        except ClusterError as error:
            then = "check ClusterUrl: it must be the address of Elasticsearch 7.14+"
            return fail("front door", str(error), then), None
    return _refused(str(answer), signed=signed), None


def _refused(said: str, *, signed: bool) -> Finding:
    status, by_elasticsearch = said[:3], "security_exception" in said
    if status == "401" or (status == "403" and by_elasticsearch):
        then = (
            "check the credential: the secret in SecretArn, or ES_API_KEY here"
            if status == "401"
            else "give the credential the cluster privilege monitor_ml"
        )
        if signed and status == "401":
            then = (
                "the signature was accepted, but no credential reached Elasticsearch: "
                "let the gateway add one, or set SecretArn and CredentialHeader"
            )
        return fail("front door", said, then)
    if status == "403" and signed:
        then = (
            "allow the caller to invoke it: ClusterArn of the stack, the policy of the "
            "gateway or domain, and SigV4Service"
        )
        return fail("front door", said, then)
    if status in ("429", "502", "503", "504"):
        return fail("front door", said, "the cluster is away or busy: try again later")
    then = "check ClusterUrl: the address may lead to something else"
    return fail("front door", said, then)
