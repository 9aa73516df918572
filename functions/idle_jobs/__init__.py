"""What the functions share: how idle jobs are found, judged and closed.

    policy/     may this job be closed? The rules, the limits, the owner's settings
    messages/   what the queues and logs carry: requests, close messages, outcomes
    steps/      the next step for a message: close, force, wait, hand over, end, park
    elastic/    the only code that calls Elasticsearch: lists, errors, the close API
    doctor/     does each hop to the cluster work? It only reads
    sweeping    the Sweeper: resolve a request, judge, limit, send, report
    closing     the closers: read the jobs, take the next step, report
    reopening   the Reopener: undo a closing, step by step

`policy`, `messages` and `steps` decide, and are pure. The modules beside them carry
the decisions out: `services` holds their clients, `outbox` calls SQS, `ledger` calls
DynamoDB, `event_bus` calls EventBridge, `topic` calls SNS, and `close_call` posts the
closes.

    job         an anomaly detection job of Elasticsearch
    sweep       a request for all idle jobs, made by the schedule
    verdict     what to do with a job, and why
    step        what to do next with a close message
    look        all that a closer does when it receives a message once
    evidence    what shows that only force can close a job
    watch       a message that follows a job which somebody else is closing
    room        how many closes may still be posted, since many jobs are closing
    park        to send a message to ParkingQueue, where a person decides
    outcome     how a request ended for one job
    ledger      a table with one item for each closing
"""
