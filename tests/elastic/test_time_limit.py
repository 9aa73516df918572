"""The time of an answer, read by read; test_transport_faults.py has whole answers."""

import socket

from idle_jobs.elastic.time_limit import Timed


def test_a_read_waits_no_longer_than_the_answer_may_take() -> None:
    """Whatever time its socket was given since, what is left is the socket's own."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        timed = Timed(ours, ours.makefile("rb", buffering=0))
        ours.settimeout(None)
        theirs.sendall(b"x")
        byte = timed.read(1)
        left = ours.gettimeout()
        timed.close()

    assert b"x" == byte
    assert left is not None
    assert 0 < left <= 60
