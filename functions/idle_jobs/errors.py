"""What can go wrong with the cluster, sorted by what the caller should do; pure.

ClusterError
├── LookAgain             the close was issued, or may have been: look at the state
├── TryLater              unavailable or throttled: nothing is known, come back
│   ├── NotSent               what it rests on grew too old before it was sent
│   └── NotReached            no connection came about: the cluster knows nothing of it
├── Gone                  there is no such job any more: nothing to do
├── Evidence              Elasticsearch itself says why a gentle close cannot work
│   ├── JobFailed             409: only force closes a failed job
│   └── DatafeedWouldNotStop  409: its datafeed could not be stopped
├── Refused               what no retry mends: stop posting and tell a person
│   └── NotOnServerless       an API that Elastic Cloud Serverless does not offer
└── BadRequest            400: this request will never be accepted: park it
"""

import re

from idle_jobs.reasons import Reason
from idle_jobs.safe_text import printable

# What stands before a cluster may repeat what it was sent, a credential included.
# A scheme is also a word, which one in small letters may follow.
_CREDENTIAL = re.compile(
    r"\b(apikey|basic|bearer|signature|credential|token)\b[\s:=\"\\]*[\w+/=.%-]{16,}"
    r"|\b(apikey|basic|bearer)\b[\s:=\"\\]+(?-i:(?![a-z]+\b))[\w+/=.%-]{4,}",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Hide what looks like a credential; to be done before a text is cut."""
    return _CREDENTIAL.sub(lambda found: f"{found[1] or found[2]} ...", text)


class ClusterError(Exception):
    """Whatever kept a call from succeeding; `reason` is what an outcome would say."""

    reason = Reason.CLUSTER_UNAVAILABLE

    def __init__(self, detail: str, reason: Reason | None = None) -> None:
        super().__init__(printable(redacted(detail)))
        self.reason = reason or type(self).reason


class LookAgain(ClusterError):
    """The close may be going on: the job's state tells, later."""

    reason = Reason.STILL_CLOSING


class TryLater(ClusterError):
    """The cluster could not answer; says nothing about the job."""


class NotSent(TryLater):
    """A call that was not made, since what it rests on had grown too old."""


class NotReached(TryLater):
    """No connection came about, so that nothing of the call was sent."""


class Gone(ClusterError):
    """The job does not exist any more; `missing` has the ids that the answer names."""

    reason = Reason.GONE

    def __init__(
        self,
        detail: str,
        reason: Reason | None = None,
        *,
        missing: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail, reason)
        self.missing = missing


class Evidence(ClusterError):
    """Elasticsearch's own word that a gentle close cannot work."""


class JobFailed(Evidence):
    """The job failed; only force closes it."""

    reason = Reason.FAILED


class DatafeedWouldNotStop(Evidence):
    """The job's datafeed could not be stopped, so it was not closed."""

    reason = Reason.DATAFEED_WOULD_NOT_STOP


class Refused(ClusterError):
    """The cluster, or what stands before it, does not let us in."""

    reason = Reason.CLUSTER_REFUSED


class NotOnServerless(Refused):
    """Elastic Cloud Serverless has this API and does not offer it to us."""


class BadRequest(ClusterError):
    """Elasticsearch understood the request and will never accept it."""

    reason = Reason.BAD_REQUEST
