"""The errors of the cluster, by what the caller should do; pure.

ClusterError
├── LookAgain             the close may have been issued: read the job's state later
│   └── Unanswered            it was, and Elasticsearch is at work: no answer in time
├── TryLater              unavailable or throttled: nothing is known, try again
│   ├── NotSent               not sent, since the job was read too long ago
│   └── NotReached            no connection: the cluster did not get the request
├── Gone                  the job does not exist any more: nothing to do
├── Evidence              Elasticsearch reports why a gentle close cannot work
│   ├── JobFailed             409: only force closes a failed job
│   └── DatafeedWouldNotStop  409: its datafeed could not be stopped
├── Refused               a retry does not help: stop posting, a person has to act
│   └── NotOnServerless       an API that Elastic Cloud Serverless does not offer
└── BadRequest            400: Elasticsearch never accepts this request: park it
"""

import re

from idle_jobs.reasons import Reason
from idle_jobs.safe_text import printable

# A proxy may repeat the request in its answer, with the credential. `basic` and
# `bearer` are also English words, so a word in small letters after them is kept.
_CREDENTIAL = re.compile(
    r"\b(apikey|basic|bearer|signature|credential|token)\b[\s:=\"\\]*[\w+/=.%-]{16,}"
    r"|\b(apikey|basic|bearer)\b[\s:=\"\\]+(?-i:(?![a-z]+\b))[\w+/=.%-]{4,}",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Replace what looks like a credential. Call it before the text is cut."""
    return _CREDENTIAL.sub(lambda found: f"{found[1] or found[2]} ...", text)


class ClusterError(Exception):
    """A call to the cluster that did not succeed; `reason` is for the outcome."""

    reason = Reason.CLUSTER_UNAVAILABLE

    def __init__(self, detail: str, reason: Reason | None = None) -> None:
        super().__init__(printable(redacted(detail)))
        self.reason = reason or type(self).reason


class LookAgain(ClusterError):
    """The close may be in progress: read the job's state later."""

    reason = Reason.STILL_CLOSING


class Unanswered(LookAgain):
    """The close is in progress, unless something swallowed the request."""


class TryLater(ClusterError):
    """The cluster could not answer, so nothing is known about the job."""


class NotSent(TryLater):
    """The call was not sent, since the job was read too long ago."""


class NotReached(TryLater):
    """No connection could be made, so nothing was sent."""


class Gone(ClusterError):
    """The job does not exist any more; `missing` has the ids named in the answer."""

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
    """Elasticsearch reports that a gentle close cannot work."""


class JobFailed(Evidence):
    """The job failed; only force closes it."""

    reason = Reason.FAILED


class DatafeedWouldNotStop(Evidence):
    """The job's datafeed could not be stopped, so it was not closed."""

    reason = Reason.DATAFEED_WOULD_NOT_STOP


class Refused(ClusterError):
    """The cluster, or a proxy before it, refuses the request; a retry does not help."""

    reason = Reason.CLUSTER_REFUSED


class NotOnServerless(Refused):
    """Elastic Cloud Serverless does not offer this API."""


class BadRequest(ClusterError):
    """Elasticsearch understood the request and never accepts it."""

    reason = Reason.BAD_REQUEST
