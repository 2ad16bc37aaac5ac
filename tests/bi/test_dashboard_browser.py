"""The dashboard as a person has it: in a browser, by mouse and by keyboard."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dagster_project.bi.dashboard.app import PAGES
from tests.bi.accessibility import faults, needs_axe
from tests.bi.browser import Browser, executable, opened
from tests.flow.installation import Installation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        executable() is None, reason="no Chromium: apt-get install chromium"
    ),
]

SVG = "document.querySelectorAll('.vega-embed svg').length"
CHARTS = {"funnel": 1, "conversions": 3, "pipeline": 1, "compare": 2, "events": 1}
ENTERED = "(document.body?.innerText.match(/Journeys entered: ([0-9,]+)/) ?? [])[1]"
CHANNEL = "document.querySelector('input[aria-label=Channel]')"
FAULTS = "document.querySelectorAll('[data-testid=stException]').length"
AT_REST = "!document.querySelector('[data-testid=stStatusWidget]')"
FOCUSED = """
    document.activeElement.getAttribute('aria-label')
        || document.activeElement.innerText || document.activeElement.tagName
"""


@pytest.fixture
def address(shown: Installation) -> Iterator[str]:
    """The dashboard, served by the command that people type."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from dagster_project.cli import main; main()"
    call = [sys.executable, "-c", code, "dashboard", "--port", str(port)]
    with (shown.root / "dashboard.log").open("wb") as log:
        process = subprocess.Popen(call, stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the dashboard did not start")


@pytest.fixture
def browser(tmp_path: Path, address: str) -> Iterator[Browser]:
    folder = tmp_path / "profile"
    folder.mkdir()
    with opened(folder) as found:
        found.open(address)
        found.wait(f"{SVG} === 1 && {ENTERED}")
        yield found


def follow(browser: Browser, title: str) -> None:
    """A click on a page's name."""
    browser.ask(
        f"""[...document.querySelectorAll('[data-testid=stSidebarNavLink]')]
            .find((link) => link.innerText.trim() === '{title}').click()"""
    )
    browser.wait(f"document.querySelector('h1')?.innerText.trim() === '{title}'")
    browser.wait(AT_REST)


def test_it_opens_draws_and_asks_nobody_else(browser: Browser) -> None:
    for name, (title, _) in PAGES.items():
        follow(browser, title)
        browser.wait(f"{SVG} === {CHARTS.get(name, 0)}")
        assert browser.ask(FAULTS) == 0
    assert not browser.complaints
    hosts = {urlsplit(each).hostname for each in browser.requests if "://" in each}
    assert hosts == {"127.0.0.1"}


def test_a_filter_is_set_by_keyboard_and_the_bars_follow(browser: Browser) -> None:
    before = browser.ask(ENTERED)
    # Keys that come while a page is still being put together are lost.
    for _ in range(10):
        browser.ask(f"{CHANNEL}.focus()")
        for key, text in (("ArrowDown", ""), ("ArrowDown", ""), ("Enter", "\r")):
            browser.press(key, text)
            time.sleep(0.3)
        time.sleep(2)
        if browser.ask(ENTERED) not in (None, before):
            break
    after = browser.wait(f"{ENTERED} !== '{before}' && {ENTERED}")
    assert 0 < int(after.replace(",", "")) < int(before.replace(",", ""))


def test_every_choice_is_reached_by_the_tab_key(browser: Browser) -> None:
    browser.ask("document.activeElement.blur()")
    met = []
    for _ in range(40):
        browser.press("Tab")
        met.append(browser.ask(FOCUSED))
    reached = " | ".join(map(str, met))
    for word in ("Monthly conversions", "What if", "Pipeline", "Segment", "Owner"):
        assert word in reached


@needs_axe
def test_axe_finds_nothing_that_cannot_be_read_or_reached(browser: Browser) -> None:
    found = []
    for name, (title, _) in PAGES.items():
        follow(browser, title)
        browser.wait(f"{SVG} === {CHARTS.get(name, 0)}")
        found += [f"{title}: {fault}" for fault in faults(browser)]
    assert found == []
