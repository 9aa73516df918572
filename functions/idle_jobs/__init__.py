"""What the three functions share: how idle jobs are found, judged and closed.

    policy/     may this job be closed? The rules, the limits, what its owner says
    messages/   what travels: requests, close messages, outcomes
    steps/      the next step for a message: close, force, wait, hand over, end, park
    elastic/    the only code that speaks Elasticsearch: lists, errors, the close API
    sweeping    the Sweeper: resolve a request, judge, limit, send, report
    closing     the closers: read the jobs, take the next step, report

`policy`, `messages` and `steps` decide, and are pure. What stands at the root carries
out: `services` is what it is given, `outbox` speaks SQS, `close_call` posts.

    job         an anomaly detection job of Elasticsearch
    sweep       the request for all idle jobs that the schedule makes
    verdict     what is to be done with a job, and why
    step        what is to be done next with a close message
    look        one receive of a message by a closer, up to its next step
    watch       a message that follows a closing which somebody else began
    park        to give a message to a person, in ParkingQueue
    outcome     how a request ended for one job
"""
