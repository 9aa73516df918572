"""One execution environment of a built function, under Lambda's own runtime client.

What runs here is what runs in the cloud: the artifact, `awslambdaric` and boto3, and
nothing else but what turns its clock.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty
from threading import Thread
from typing import Any, Self

from e2e.clock import READER
from e2e.door import Door, Watch
from e2e.runtime_api import Answer, RuntimeApi

PYTHON = Path(__file__).parents[2] / ".venv-e2e" / "bin" / "python"
MOST_SECONDS = 30  # Until an answer: the clock of its deadline may stand still.


class FunctionError(Exception):
    """The function raised, could not be initialised, or did not answer."""


class Runtime:
    """One execution environment of a function; use it in a `with` statement.

    It is killed where the clock of this process passes the deadline of its invocation.
    `watch` sees what the function says to the Runtime API.
    """

    def __init__(
        self,
        artifact: Path,
        handler: str,
        variables: Mapping[str, str],
        timeout: float,
        watch: Watch,
    ) -> None:
        self._api = RuntimeApi(timeout)
        self._door = Door(f"http://127.0.0.1:{self._api.server_port}", watch)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed in __exit__)
        self._read = 0
        self._process = subprocess.Popen(  # noqa: S603  (our own interpreter)
            [PYTHON, "-m", "awslambdaric", handler],
            cwd=artifact,
            env={
                "AWS_LAMBDA_RUNTIME_API": self._door.url.removeprefix("http://"),
                "PYTHONPATH": f"{artifact}{os.pathsep}{READER}",
                "PYTHONDONTWRITEBYTECODE": "1",  # As in the cloud, where it cannot.
            }
            | dict(variables),
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        """Start to serve the function."""
        for server in (self._api, self._door):
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the function, which has nothing to put away."""
        self.kill()
        self._api.events.put(None)
        for server in (self._door, self._api):
            server.shutdown()
            server.server_close()
        self._output.close()

    @property
    def ended(self) -> bool:
        """Tell whether its process is no more."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> None:
        """Wait until the process is no more."""
        self._process.wait(MOST_SECONDS)

    def freeze(self) -> None:
        """Stop the process once it waits for an event; its next one thaws it."""
        assert self._api.waiting.wait(MOST_SECONDS), "it never asked for an event"
        self._process.send_signal(signal.SIGSTOP)
        told = os.WSTOPPED | os.WEXITED | os.WNOWAIT
        state = os.waitid(os.P_PID, self._process.pid, told)
        assert state is not None, "it is not our child"
        assert state.si_code == os.CLD_STOPPED, "it ended"

    def invoke(self, event: object) -> Any:
        """Return the function's answer to an event, or raise what became of it."""
        self._process.send_signal(signal.SIGCONT)
        self._api.events.put(json.dumps(event).encode())
        answer = self._answer()
        if not answer.path.endswith("/response"):
            raise FunctionError(f"{answer.path}: {answer.body!r}\n{self.output()}")
        return json.loads(answer.body)

    def _answer(self) -> Answer:
        give_up = time.monotonic() + MOST_SECONDS
        while time.monotonic() < give_up:
            ended = self.ended
            with suppress(Empty):
                return self._api.answers.get(timeout=0 if ended else 0.1)
            if ended:
                break
            if time.time() >= self._api.deadline:
                self.kill()
                raise FunctionError("Task timed out")
        raise FunctionError(f"no answer\n{self.output()}")

    def output(self) -> str:
        """Return what the function has written to its log so far."""
        # Not `seek`, which would also move where the function writes next.
        output = self._output.fileno()
        return os.pread(output, os.fstat(output).st_size, 0).decode()

    def news(self) -> str:
        """Return what the function has written since this was last asked."""
        output = self.output()
        news, self._read = output[self._read :], len(output)
        return news
