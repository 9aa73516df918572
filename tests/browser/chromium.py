"""Opens a page in a real Chromium, by its DevTools protocol; needs nothing but it.

Commands and events are lines of JSON that end in a zero byte, over two pipes:
https://chromedevtools.github.io/devtools-protocol, `--remote-debugging-pipe`.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # Containers have 64 MB of it.
    "--hide-scrollbars",
)
PATIENCE = 60.0  # seconds, for a machine however slow
WIDTHS = {"phone": 390, "desktop": 1280}


def find() -> str:
    """Return the path of a browser; "" if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


class Browser:
    """A Chromium, and what is written to it and read from it."""

    def __init__(self, program: str, home: Path) -> None:
        their_in, self._out = os.pipe()
        self._in, their_out = os.pipe()
        flags = [*FLAGS, f"--user-data-dir={home}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Its sandbox refuses to work for root.
        # It reads from 3 and writes to 4, which are pytest's here.
        ends = [fcntl(each, F_DUPFD, 10) for each in (their_in, their_out)]
        as_3_and_4 = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
        self._process = subprocess.Popen(  # noqa: S603 - the browser of the system
            ["/bin/bash", "-c", as_3_and_4, "bash", program, *flags],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (their_in, their_out, *ends):
            os.close(end)
        self._rest = b""
        self._sent = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **params: Any) -> Any:
        """Send a command, and return its result; what happens meanwhile is kept."""
        self._sent += 1
        command = {"id": self._sent, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while True:
            told = self._read()
            if told.get("id") == self._sent:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]
            self.events.append(told)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has ended"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """End it."""
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(PATIENCE)


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Start a browser, with nothing in it that is somebody's."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        started = Browser(program, Path(home))
        try:
            yield started
        finally:
            started.close()


@dataclass
class Page:
    """A page as it is shown in a tab of its own.

    `seconds` is how long it took from the request to the end of the first layout.
    """

    browser: Browser
    session: str
    seconds: float = 0
    _begun: int = field(default=0)

    def do(self, method: str, **params: Any) -> Any:
        """Send a command to the tab."""
        return self.browser.call(method, self.session, **params)

    def tell(self, script: str) -> Any:
        """Return what a script says of the page."""
        answer = self.do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until a script says that something is true."""
        until = time.monotonic() + PATIENCE
        while not self.tell(script):
            assert time.monotonic() < until, script
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key, as `Tab`, and let it go."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"Enter": "\r"}.get(key, "")
        same = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        same["modifiers"] = 8 if shift else 0
        self.do("Input.dispatchKeyEvent", type="keyDown", text=text, **same)
        self.do("Input.dispatchKeyEvent", type="keyUp", **same)

    def write(self, text: str) -> None:
        """Write a text where the focus is."""
        self.do("Input.insertText", text=text)

    def picture(self, file: Path, *, height: int = 0) -> None:
        """Take a picture of the whole page, or of its top."""
        size = self.do("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "scale": 1}
        clip["height"] = min(height or size["height"], size["height"])
        answer = self.do(
            "Page.captureScreenshot", clip=clip, captureBeyondViewport=True
        )
        file.write_bytes(base64.b64decode(answer["data"]))

    def heard(self, *methods: str) -> list[Mapping[str, Any]]:
        """Return the events of these kinds since the page was opened."""
        self.tell("0")
        return [
            event["params"]
            for event in self.browser.events[self._begun :]
            if event["method"] in methods and event.get("sessionId") == self.session
        ]

    @property
    def complaints(self) -> list[Mapping[str, Any]]:
        """Return what is in the console."""
        return self.heard(
            "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"
        )

    @property
    def requests(self) -> list[str]:
        """Return the addresses that were asked for, the page itself among them."""
        sent = self.heard("Network.requestWillBeSent")
        return [request["request"]["url"] for request in sent]


@contextmanager
def opened(
    browser: Browser, url: str, *, width: int = WIDTHS["desktop"], dark: bool = False
) -> Iterator[Page]:
    """Open a page in a tab of a width, as somebody who likes it dark or light."""
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
    page = Page(browser, attached["sessionId"], _begun=len(browser.events))
    for domain in ("Page", "Runtime", "Network", "Log"):
        page.do(f"{domain}.enable")
    page.do(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=844,
        deviceScaleFactor=1,
        mobile=width < 700,
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    page.do("Emulation.setEmulatedMedia", features=[scheme])
    begun = time.monotonic()
    page.do("Page.navigate", url=url)
    page.wait("document.readyState === 'complete'")
    page.tell("document.body.offsetHeight")
    page.seconds = time.monotonic() - begun
    try:
        yield page
    finally:
        browser.call("Target.closeTarget", targetId=target)
