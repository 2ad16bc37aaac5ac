"""A headless Chromium for tests, over its DevTools protocol.

Holds no knowledge of any page; what a page shows is asked in its own JavaScript.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--headless=new", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-extensions", "--disable-gpu", "--no-sandbox"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0"),
)


def executable() -> str | None:
    """Where a Chromium is installed; nothing is downloaded."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Browser:
    """One page, and what it has asked for and complained of since it was opened."""

    socket: ClientConnection
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _calls: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._calls += 1
        wanted = self._calls
        message = {"id": wanted, "method": method, "params": params}
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("id") == wanted:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def open(self, address: str) -> None:
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, expression: str, seconds: float = 60) -> Any:
        """The first true value of an expression.

        Raises:
            AssertionError: it was never true; what the page says is in the message.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.ask(expression)
            if found:
                return found
            time.sleep(0.05)
        text = self.ask("document.body?.innerText")
        raise AssertionError(f"never true: {expression}\n{text}")

    def press(self, key: str, text: str = "") -> None:
        """A key goes down and up, as from a keyboard."""
        codes = {"Tab": 9, "Enter": 13, "ArrowDown": 40, "ArrowRight": 39}
        about = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0)}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def screenshot(self) -> str:
        """A PNG of the page, in base64."""
        picture: str = self.call("Page.captureScreenshot")["data"]
        return picture

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(params["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert"):
                self.complaints.append(json.dumps(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(json.dumps(params["entry"]))


@contextmanager
def opened(folder: Path, width: int = 1280) -> Iterator[Browser]:
    """A browser with a profile of its own below a folder; ended afterwards."""
    found = executable()
    assert found, "no Chromium is installed"
    size = f"--window-size={width},900"
    call = [found, *QUIET, size, f"--user-data-dir={folder}", "about:blank"]
    with (folder.parent / "chromium.log").open("wb") as log:
        process = subprocess.Popen(call, stdout=log, stderr=log)
    try:
        with connect(_page_of(folder), max_size=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _page_of(folder: Path) -> str:
    """The address of the browser's one page, when it has said its port."""
    told = folder / "DevToolsActivePort"
    until = time.monotonic() + 60
    while not told.is_file() or not told.read_text(encoding="ascii").strip():
        assert time.monotonic() < until, "Chromium did not start"
        time.sleep(0.05)
    port = told.read_text(encoding="ascii").splitlines()[0]
    with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        targets = json.load(answer)
    return next(str(t["webSocketDebuggerUrl"]) for t in targets if t["type"] == "page")
