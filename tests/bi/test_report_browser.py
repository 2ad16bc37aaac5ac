"""The report as a person has it: opened from disk, by mouse and by keyboard."""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.bi import write_night_quality, write_report
from dagster_project.paths import Paths
from dagster_project.recording import GATE_RESULT, write_record
from dagster_project.settings import Settings
from dagster_project.spreadsheets import MARK
from tests.bi.accessibility import faults, needs_axe
from tests.bi.bi_generations import (
    STAGES,
    a_channel,
    a_forecast,
    a_loss,
    a_quota,
    a_stop,
    everything,
    write_generation,
)
from tests.bi.browser import Browser, executable, opened
from tests.bi.test_quality_page import REFUSED, VERDICT

pytestmark = pytest.mark.skipif(
    executable() is None, reason="no Chromium: apt-get install chromium"
)

DRAWN = "document.querySelectorAll('.chart svg').length"
PLACES = "document.querySelectorAll('.chart').length"
OPEN_ALL = "document.querySelectorAll('details').forEach(e => { e.open = true; })"
FORMULA = '=1+"a",b'
Look = Callable[..., Browser]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a generation that has rows of everything."""
    folder = tmp_path_factory.mktemp("browsed") / "g000001"
    segment = a_stop(segment_code="s", leaving_rate=0.25)
    tables = {
        "fct_bottlenecks": [a_stop(), segment],
        "fct_loss_reasons": [a_loss(loss_reason_code=FORMULA), a_loss()],
        "fct_target_attainment": [a_quota(target_value=12345.0)],
        "dim_stages": [
            dict(stage, stage_name=f"Did {stage['stage_code']}") for stage in STAGES
        ],
    }
    return write_report(write_generation(folder, everything() | tables))


@pytest.fixture(scope="module")
def quality(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a night that a gate refused."""
    data = {"FUNNELHOUSE_DATA": str(tmp_path_factory.mktemp("judged"))}
    paths = Paths.of(Settings.from_environment(data))
    night = {"night_code": "r000001", "as_of": datetime(2024, 4, 30)}
    verdict = {**VERDICT, **REFUSED, **night, "gate_code": "staging"}
    write_record(paths.gate_results, "r000001.staging", GATE_RESULT, [verdict])
    return write_night_quality(paths)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("chromium") / "profile"
    folder.mkdir()
    with opened(folder) as found:
        yield found


@pytest.fixture
def look(chromium: Browser, report: Path) -> Look:
    """Call it to open the report: so wide, in this scheme and language."""

    def look(
        width: int = 1280, scheme: str = "light", language: str = "en-US"
    ) -> Browser:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        chromium.call("Emulation.setDeviceMetricsOverride", **size)
        chosen = {"name": "prefers-color-scheme", "value": scheme}
        chromium.call("Emulation.setEmulatedMedia", features=[chosen])
        chromium.call(
            "Emulation.setUserAgentOverride", userAgent="", acceptLanguage=language
        )
        chromium.complaints.clear()
        chromium.requests.clear()
        chromium.open(report.as_uri())
        chromium.wait(f"document.readyState === 'complete' && {DRAWN} === {PLACES}")
        return chromium

    return look


def focus(browser: Browser, selector: str) -> None:
    browser.ask(f"document.querySelector('{selector}').focus()")


def test_every_chart_is_drawn_and_nothing_is_asked_of_anybody(look: Look) -> None:
    browser = look()
    assert browser.ask(PLACES) == 23
    assert browser.ask("document.querySelectorAll('.chart.bare').length") == 0
    marks = "document.querySelectorAll('.chart svg .mark-group path').length"
    assert browser.ask(marks) > 23
    assert not browser.complaints
    asked = {re.split("[:,]", each)[0] for each in browser.requests}
    assert asked == {"file"}


def test_what_stands_behind_a_chart_opens_by_keyboard(look: Look) -> None:
    browser = look()
    focus(browser, "details[data-table=stops] summary")
    browser.press("Enter", "\r")
    table = "document.querySelector('details[data-table=stops] tbody')"
    browser.wait(f"{table}?.rows.length === 1")
    assert "Did a" in browser.ask(f"{table}.innerText")


def test_a_choice_by_keyboard_moves_chart_and_table(look: Look) -> None:
    browser = look()
    label = "document.querySelector('#chart-stops').innerHTML.includes('25%')"
    assert browser.ask(label) is False
    focus(browser, 'select[name="stops.segment_code"]')
    browser.press("ArrowDown")
    browser.wait(label)


def test_every_choice_and_detail_is_reached_by_the_tab_key(look: Look) -> None:
    browser = look()
    wanted = browser.ask(
        """[...document.querySelectorAll('summary, select, a[href], button')]
            .filter((each) => each.checkVisibility()).length"""
    )
    assert wanted > 50
    browser.ask("window.met = new Set(); document.activeElement.blur()")
    for _ in range(wanted + 5):
        browser.press("Tab")
        browser.ask("window.met.add(document.activeElement) && 0")
    assert browser.ask("window.met.delete(document.body), window.met.size") >= wanted


def test_the_data_of_a_chart_are_saved_as_a_spreadsheet_reads_them(
    look: Look, tmp_path: Path
) -> None:
    browser = look()
    browser.call(
        "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path)
    )
    browser.ask("document.querySelector('button[data-csv=losses]').click()")
    file = tmp_path / "loss_reasons.csv"
    until = time.monotonic() + 30
    while not file.is_file():
        assert time.monotonic() < until, "no file came"
        time.sleep(0.05)
    text = file.read_bytes().decode("utf-8")
    assert text.startswith(MARK)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(MARK), newline="")))
    assert {row["loss_reason_code"] for row in rows} == {f"'{FORMULA}", "too_dear"}
    assert [row["lost_count"] for row in rows] == ["3", "3"]
    assert [row["segment_name"] for row in rows] == ["Seekers", "Seekers"]


def test_a_phone_shows_it_without_sideways_scrolling(look: Look) -> None:
    browser = look(width=390)
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    assert not browser.ask(
        """[...document.querySelectorAll('.chart svg')]
            .some((each) => each.getBoundingClientRect().right > 390)"""
    )


def test_numbers_and_dates_are_the_reader_s(look: Look) -> None:
    words = look(language="de-AT").ask("document.querySelector('.answers').innerText")
    assert re.search(r"€\s12\.345|12\.345\s€", words)
    assert "60\N{NO-BREAK SPACE}%" in words
    assert "Apr" in words


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            {"unmeasured_count": 2},
            "5 open journeys worth €500 will bring €200 by their measured chances "
            "(95 %: €100 to €350), €300 by those stated. No chance is measured of 2, "
            "for fewer than 30 outcomes tell of their stage. Expected close passed: 0.",
        ),
        (
            {"unmeasured_count": 5, "measured_amount": None},
            "5 open journeys worth €500 will bring €300 by those stated. No chance is "
            "measured of 5, for fewer than 30 outcomes tell of their stage. "
            "Expected close passed: 0.",
        ),
        (
            {"open_amount": None, "measured_amount": None, "stated_amount": None},
            "5 open journeys, of which nobody can say what they will bring. "
            "Expected close passed: 0.",
        ),
    ],
)
def test_what_is_not_known_of_a_forecast_is_not_told_as_nothing(
    look: Look, tmp_path: Path, known: dict[str, int | None], words: str
) -> None:
    total = {"close_code": "all", "expected_close_month": None}
    bounds = {"measured_amount_low": None, "measured_amount_high": None}
    unknown = bounds if known.get("measured_amount", 0) is None else {}
    rows = [a_forecast(**total, **known, **unknown)]
    folder = write_generation(tmp_path / "g000001", {"fct_pipeline_forecast": rows})
    browser = look()
    browser.open(write_report(folder).as_uri())
    caption = "document.querySelector('[data-caption=forecast]')?.innerText"
    assert browser.wait(caption) == words


def test_a_bar_of_what_is_not_known_bears_no_text(look: Look, tmp_path: Path) -> None:
    no_customer = {"customers": 0.0, "cost_per_customer": None}
    rows = [a_channel(channel_code="web", **no_customer)]
    stop = a_stop(leaving_rate=None, waiting_share=None)
    tables = {
        "fct_channel_performance": rows,
        "fct_target_attainment": [a_quota(target_value=0.0, attainment_rate=None)],
        "fct_bottlenecks": [stop],
    }
    browser = look()
    browser.open(write_report(write_generation(tmp_path / "g000001", tables)).as_uri())
    browser.wait(f"document.readyState === 'complete' && {DRAWN} === {PLACES}")
    texts = "[...document.querySelectorAll('.chart svg text')].map(e => e.textContent)"
    told = browser.ask(texts)
    assert "10" in told, "what a lead costs"
    assert not [text for text in told if "null" in text or "NaN" in text]


def test_a_return_says_whether_it_is_a_loss_or_not_known(
    look: Look, tmp_path: Path
) -> None:
    rows = [
        a_channel(channel_code="good", return_on_spend=0.5),
        a_channel(channel_code="loss", return_on_spend=-1.0),
        a_channel(channel_code="dark", return_on_spend=None, unvalued_customers=2.0),
        a_channel(channel_code="free", return_on_spend=None, spend_amount=None),
    ]
    tables = {"fct_channel_performance": rows}
    browser = look()
    browser.open(write_report(write_generation(tmp_path / "g000001", tables)).as_uri())
    browser.wait(f"document.readyState === 'complete' && {DRAWN} === {PLACES}")
    inside = "[...document.querySelectorAll('#chart-returns svg {}')].map(e => {})"
    told = browser.ask(inside.format("text", "e.textContent"))
    assert {"good", "loss", "dark", "+50%", "\N{MINUS SIGN}100%"} <= set(told)
    assert "customers of unknown value" in told
    assert "free" not in told
    drawn = browser.ask(inside.format("path", "e.getAttribute('fill')"))
    assert "var(--lost)" in drawn
    assert "var(--touched)" in drawn


def test_it_prints_with_every_chart_and_without_buttons(look: Look) -> None:
    browser = look()
    browser.call("Emulation.setEmulatedMedia", media="print")
    hidden = "getComputedStyle(document.querySelector('button.download')).display"
    assert browser.ask(hidden) == "none"
    assert browser.ask(f"{DRAWN} === {PLACES}")
    browser.call("Emulation.setEmulatedMedia", media="")


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_cannot_be_read_or_reached(
    look: Look, scheme: str
) -> None:
    browser = look(scheme=scheme)
    browser.ask(OPEN_ALL)
    assert faults(browser) == []


@needs_axe
def test_axe_sees_a_text_that_is_too_faint(look: Look) -> None:
    browser = look()
    browser.ask("document.querySelector('h2').style.color = '#ccc'")
    assert any(each.startswith("color-contrast") for each in faults(browser))


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_quality_page(
    look: Look, quality: Path, scheme: str
) -> None:
    browser = look(scheme=scheme)
    browser.open(quality.as_uri())
    browser.wait("document.querySelector('h1') && document.readyState === 'complete'")
    browser.ask(OPEN_ALL)
    assert faults(browser) == []


def test_a_report_that_was_sent_on_names_what_it_left_behind(
    chromium: Browser, report: Path, tmp_path: Path
) -> None:
    sent = tmp_path / "report.html"
    sent.write_bytes(report.read_bytes())
    links = "document.querySelectorAll('a[href]:not([href^=\"#\"])').length"
    for place, is_alive in ((report, True), (sent, False)):
        chromium.open(place.as_uri())
        chromium.wait(f"document.readyState === 'complete' && {DRAWN} > 0")
        beside = chromium.ask("document.querySelectorAll('a[data-beside]').length")
        assert (beside > 0) is is_alive
    assert chromium.ask(links) == chromium.ask(
        "document.querySelectorAll('a[href^=\"data:\"]').length"
    )
    told = "quality (report/quality.html of generation g000001)"
    assert told in chromium.ask("document.body.innerText")
