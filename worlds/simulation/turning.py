"""What operators turn: some sets of parameters, one of which a schedule may have."""

from collections.abc import Mapping

OTHER_RULES: tuple[Mapping[str, str], ...] = (
    {"IdleAfter": "5d", "NeverFedAfter": "10d", "ReopenGrace": "1h"},
    {"ForceAfter": "1h", "ParkAfter": "3h", "RequestExpiresAfter": "2h"},
    {
        "CloseDryDatafeeds": "true",
        "CloseJobsWithoutDatafeed": "true",
        "DryAfter": "5d",
    },
    {"ForceFailed": "true", "FailedAfter": "4d"},
    {"MaxClosesPerSweep": "5"},
    {"MaxClosesPerDay": "3"},
    {"KeepPatterns": "job-00*,job-1*5"},
    {"ForceOrders": "allowed"},
)

# Where sweeps announce what they close. So short a time lets a job be used, and become
# idle again, within a schedule.
NOTICES: tuple[Mapping[str, str], ...] = (
    {"NoticePeriod": "1h"},
    {"NoticePeriod": "5h", "IdleAfter": "1h", "ReopenGrace": "1m"},
    {"NoticePeriod": "1h", "ForceFailed": "true", "FailedAfter": "1h"},
    {"NoticePeriod": "9h"},
)

# Where many jobs became idle together: the end of a hold is to be seen, too.
HALTING: tuple[Mapping[str, str], ...] = (
    {},
    {"HaltFor": "6h"},
    {"HaltFor": "1d", "MaxClosePercent": "20"},
    {"HaltFor": "2d", "HaltAboveJobs": "30", "IdleAfter": "1d"},
)
