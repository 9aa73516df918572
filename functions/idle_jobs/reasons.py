"""Every reason that the application gives, as one enumeration."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a job was closed, kept, skipped or parked; logs and outcomes show them."""

    # Verdicts of `policy.judge`, in the order of its rules.
    ALREADY_CLOSED = "already_closed"
    CLOSED_DATAFEED_NOT_STOPPED = "closed_datafeed_not_stopped"
    UNKNOWN = "unknown"
    ORPHAN = "task_without_job"
    RESET_MODE = "reset_mode"
    UPGRADE_MODE = "upgrade_mode"
    DELETING = "deleting"
    BLOCKED = "blocked"
    MANAGED = "managed"
    KEPT_BY_OWNER = "kept_by_owner"
    REOPENED_BUT_QUIET = "reopened_but_quiet"
    FORECAST_STUCK = "forecast_stuck"
    DATAFEED_STUCK = "datafeed_stuck"
    LOOKBACK_STUCK = "lookback_stuck"
    DATAFEED_NOT_RUNNING = "datafeed_not_running"
    ACTIVE = "active"
    REOPEN_GRACE = "reopen_grace"
    LOOKBACK_RUNNING = "lookback_running"
    FORECAST_RUNNING = "forecast_running"
    OPENING = "opening"
    CLOSING = "closing"
    FAILED = "failed"
    FAILED_DATAFEED_NOT_STOPPED = "failed_datafeed_not_stopped"
    DATAFEED_UNASSIGNED = "datafeed_unassigned"
    FLAPPING = "flapping"
    IDLE_DATAFEED_STOPPED = "idle_datafeed_stopped"
    IDLE_NEVER_FED = "idle_never_fed"
    IDLE_NO_DATAFEED = "idle_no_datafeed"
    IDLE_DATAFEED_DRY = "idle_datafeed_dry"

    # Limits of a sweep.
    SWEEP_HALTED = "sweep_halted"
    OVER_LIMIT = "over_limit"
    ANNOUNCED = "announced"  # Of a close message, too.
    QUIET_HOURS = "quiet_hours"  # Of a close message, too.

    # Ends of a request that was refused, or matched no job.
    BAD_REQUEST = "bad_request"
    ONLY_IF_IDLE_REQUIRED = "only_if_idle_required"
    TOO_MANY = "too_many"
    OVER_DAILY_LIMIT = "over_daily_limit"
    UNEXPECTED_NUMBER = "unexpected_number"
    NO_MATCH = "no_match"
    NO_SUCH_JOB = "no_such_job"
    UNREADABLE = "unreadable"
    NEWER_VERSION = "newer_version"
    FOREIGN_CLUSTER = "foreign_cluster"

    # Ends and waits of a close message.
    REQUESTED = "requested"
    OBSERVED = "mode_is_observe"
    GONE = "gone"
    REOPENED = "reopened"
    STILL_CLOSING = "still_closing"
    DATAFEED_WOULD_NOT_STOP = "datafeed_would_not_stop"
    FORCE_ORDERED = "force_ordered"
    REQUEST_EXPIRED = "request_expired"
    COULD_NOT_CLOSE = "could_not_close"
    CLUSTER_UNAVAILABLE = "cluster_unavailable"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    CLUSTER_REFUSED = "cluster_refused"
    CLUSTER_TOO_OLD = "cluster_too_old"
    LEDGER_AWAY = "ledger_away"
    MANY_CLOSING = "many_closing"

    # Ends of an undo.
    NOT_IN_LEDGER = "not_in_ledger"
    NOT_OURS = "not_ours"
    NOT_OPEN_BEFORE = "not_open_before"
    CLOSED_AGAIN = "closed_again"
