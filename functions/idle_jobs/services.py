"""The clients and settings that the code of a function needs, and their creation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from idle_jobs.aws import BUS_CONFIG, client
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.credential import Credential
from idle_jobs.elastic.signing import Direct, Signer, SigV4
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.event_bus import EventBus
from idle_jobs.ledger import Ledger
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.terms import Mode, Origin, stricter
from idle_jobs.modes import ModeSet, ModeUnreadable, read_mode, read_mode_set
from idle_jobs.outbox import Outbox
from idle_jobs.policy.rules import Rules
from idle_jobs.settings import Settings, current
from idle_jobs.steps.digest_item import Every
from idle_jobs.steps.role import Role
from idle_jobs.telemetry import Telemetry
from idle_jobs.topic import Topic


@dataclass(frozen=True, slots=True)
class Services:
    """The cluster, the queues, the clock and the role of one function.

    `inbox` is the URL of the queue whose records the function handles, or "". `clock`
    returns the time, `ask_mode` the mode (fresh, or at most 30 s old), and
    `ask_mode_set` when and by whom the mode was written. `topic` is None if nobody
    wants digests.
    """

    cluster_name: str
    cluster: Cluster
    outbox: Outbox
    ledger: Ledger
    inbox: str
    telemetry: Telemetry
    timeouts: Timeouts
    role: Role
    clock: Callable[[], datetime]
    ask_mode: Callable[..., Mode]
    ask_mode_set: Callable[[], ModeSet] = ModeSet
    topic: Topic | None = None

    @property
    def rules(self) -> Rules:
        """Return the settings of the operator."""
        return self.role.rules

    def mode(self, *, fresh: bool = False) -> Mode:
        """Return the mode; ModeUnreadable, which is reported, if it cannot be read."""
        try:
            return self.ask_mode(fresh=fresh)
        except ModeUnreadable as error:
            self.telemetry.mode_unreadable(error)
            raise

    def quiet_until(self, message: CloseMessage) -> datetime | None:
        """Return until when nothing may be posted for a message of a sweep."""
        asked = message.origin is Origin.REQUEST
        return None if asked else self.rules.quiet_until(self.clock())

    def mode_for(self, message: CloseMessage, *, fresh: bool = False) -> Mode:
        """Return the stricter of the current mode and the mode in the message."""
        return stricter(message.mode, self.mode(fresh=fresh))


def open_services(inbox: str, logger: Logger, metrics: Metrics) -> Services:
    """Return the services for this function's environment; clients are made once."""
    settings = current()
    metrics.set_default_dimensions(cluster=settings.cluster_name)
    return Services(
        cluster_name=settings.cluster_name,
        cluster=_cluster(settings),
        outbox=_outbox(settings),
        ledger=Ledger(partial(client, "dynamodb"), settings.ledger_table),
        inbox=getattr(settings, inbox) if inbox else "",
        telemetry=Telemetry(logger, metrics, _bus(settings), settings.create_dashboard),
        timeouts=settings.timeouts,
        role=Role(settings.rules),
        clock=partial(datetime.now, UTC),
        ask_mode=partial(read_mode, settings.mode_parameter),
        # A sweep asks twice: for its summary, and whether its stack is a new one.
        ask_mode_set=cache(partial(read_mode_set, settings.mode_parameter)),
        topic=_topic(settings),
    )


# What Powertools adds to each line, and the log group or the message tells already: it
# would be half of the 1,000 lines of a sweep.
SAID_ELSEWHERE = (
    *("location", "cold_start", "function_name", "function_memory_size"),
    "function_arn",
)


@contextmanager
def invoked(
    inbox: str, logger: Logger, metrics: Metrics, context: LambdaContext
) -> Iterator[Services]:
    """Give the services to one invocation, and send its events at its end.

    Lambda deletes the messages after that. So if a function dies before it has sent its
    events, the messages come again, and so do the events.
    """
    logger.remove_keys(SAID_ELSEWHERE)
    services = open_services(inbox, logger, metrics)
    try:
        yield services
    finally:
        services.telemetry.send_events(seconds_left(context))


@cache
def _cluster(settings: Settings) -> Cluster:
    return Cluster(
        Wire(
            settings.cluster_url,
            signer_of(settings),
            settings.timeouts,
            settings.ca_bundle,
        )
    )


def signer_of(settings: Settings) -> Signer:
    """Return what proves to the cluster who sends a call, for these settings."""
    credential = Credential(settings.secret_arn) if settings.secret_arn else None
    if settings.auth_mode != "sigv4" and credential:
        return Direct(credential)
    return SigV4(
        settings.sigv4_service,
        settings.role_arn,
        credential,
        settings.credential_header,
        settings.signing_region,
    )


@cache
def _outbox(settings: Settings) -> Outbox:
    return Outbox(
        client("sqs"),
        settings.close_queue_url,
        settings.force_queue_url,
        settings.parking_queue_url,
    )


def _bus(settings: Settings) -> EventBus | None:
    name, cluster = settings.event_bus_name, settings.cluster_name
    connect = partial(client, "events", BUS_CONFIG)
    return EventBus(connect, name, cluster) if name else None


def _topic(settings: Settings) -> Topic | None:
    arn, every, price = settings.digest_topic, settings.digest, settings.gib_hour_price
    connect = partial(client, "sns", BUS_CONFIG)
    return Topic(connect, arn, Every(every), price) if arn else None


def seconds_left(context: LambdaContext) -> Callable[[], float]:
    """Return a function that returns the remaining seconds of this invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000
