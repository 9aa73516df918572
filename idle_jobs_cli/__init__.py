"""The command `idle-jobs`, for the operators of a cluster or of a deployed stack.

    commands/    one module for each command: its options, and what it does
    cluster/     the cluster that a command reads: where it is, who asks, what is wrong
    stack/       the deployed stack: its resources, settings, mode, queues and logs
    planning/    what a sweep or a request would do with each job; pure
    explaining/  why a job gets its verdict, and what would change it; pure
    checking/    texts that the application would read, and what is wrong; pure
    output/      tables, JSON, CSV and YAML; progress
    schemas/     JSON Schemas of what the application reads and writes

`app` lists the commands, `exits` has the exit codes. The verdicts are those of the
functions: `idle_jobs` judges, and nothing here decides anything about a job.
"""

__version__ = "0.1.0"
