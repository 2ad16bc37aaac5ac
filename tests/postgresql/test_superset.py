"""The dashboard for Superset: imported by a real one, it shows what the marts say.

Superset has an environment of its own (`make superset` makes it); its tables lie in a
folder that is gone afterwards, it listens to loopback alone.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from math import isclose
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import duckdb
import pytest
import yaml

from dagster_project.bi.superset.serving import BUNDLE, READER, USER, Superset
from dagster_project.paths import DBT
from dagster_project.postgresql import publish_current
from dagster_project.samples import write_samples
from dagster_project.settings import ROOT
from tests.bi import browser
from tests.bi.test_exposures import exposures
from tests.flow.installation import Installation
from tests.postgresql.server import ENCODED, PASSWORD, Server, free_port

INSTALLED = Path(os.environ.get("SUPERSET_ENVIRONMENT", ROOT / ".venv-superset"))
ROLE = "superset_reader"
needed = pytest.mark.skipif(
    not (INSTALLED / "bin" / "superset").is_file(),
    reason=f"no Superset is in {INSTALLED.name}: `make superset-environment`",
)


def of_wins(horizon: int, segments: str, channels: str, by: str) -> str:
    return f"""
        select {by}, sum(converted_count) / sum(entered_count)
        from marts.fct_monthly_conversions
        inner join marts.dim_stage_pairs
            using (pipeline_code, from_stage_code, to_stage_code)
        where horizon_days = {horizon} and segment_code {segments} 'all'
            and channel_code {channels} 'all' and is_mature
            and is_from_first and is_to_sale
        group by all
    """


# Of each chart: what it is cut by, its figures, and the mart's own answer.
CHARTS: dict[str, tuple[list[str], list[str], str]] = {
    "Win rate by cohort month, 90 days": (
        ["cohort_month", "pipeline_code"],
        ["conversion_rate"],
        of_wins(90, "=", "=", "cohort_month, pipeline_code"),
    ),
    "Win rate by segment, 180 days": (
        ["segment_code"],
        ["conversion_rate"],
        of_wins(180, "<>", "=", "segment_code"),
    ),
    "Win rate by channel, 180 days": (
        ["channel_code"],
        ["conversion_rate"],
        of_wins(180, "=", "<>", "channel_code"),
    ),
    "Step conversion, 90 days": (
        ["pipeline_code", "from_stage_name", "to_stage_name"],
        ["entered", "converted", "conversion_rate"],
        """
        select pipeline_code, from_stage_name, to_stage_name, sum(entered_count),
            sum(converted_count), sum(converted_count) / sum(entered_count)
        from marts.fct_monthly_conversions
        inner join marts.dim_stage_pairs
            using (pipeline_code, from_stage_code, to_stage_code)
        where horizon_days = 90 and segment_code = 'all' and channel_code = 'all'
            and is_mature and is_to_next
        group by all
        """,
    ),
    "Cohorts and what became of them, 90 days": (
        ["cohort_month", "pipeline_code", "is_mature"],
        ["entered", "converted", "lost", "still_open", "conversion_rate"],
        """
        select cohort_month, pipeline_code, is_mature, entered_count,
            converted_count, lost_count, open_count, conversion_rate
        from marts.fct_monthly_conversions
        inner join marts.dim_stage_pairs
            using (pipeline_code, from_stage_code, to_stage_code)
        where horizon_days = 90 and segment_code = 'all' and channel_code = 'all'
            and is_from_first and is_to_sale
        """,
    ),
    "Pipeline value by day": (
        ["snapshot_date", "pipeline_code"],
        ["value"],
        """
        select snapshot_date, pipeline_code, sum(open_amount)
        from marts.fct_stage_snapshots group by all
        """,
    ),
}


@dataclass(frozen=True)
class Client:
    """Superset's API, as a user who has logged in."""

    address: str
    password: str

    @cached_property
    def token(self) -> str:
        who = {"username": USER, "password": self.password, "provider": "db"}
        return str(self.call("security/login", who, {})["access_token"])

    def call(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        if headers is None:
            headers = {"Authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        told = {**headers, **({"Content-Type": "application/json"} if data else {})}
        request = Request(f"{self.address}/api/v1/{path}", data, told)  # noqa: S310
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found

    def charts(self) -> dict[str, int]:
        found = self.call("chart/?q=(page_size:100)")["result"]
        return {each["slice_name"]: each["id"] for each in found}

    def rows(self, chart: int) -> list[dict[str, Any]]:
        (result,) = self.call(f"chart/{chart}/data/?force=true")["result"]
        assert not result["error"], result
        rows: list[dict[str, Any]] = result["data"]
        return rows


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A small sample, published by one night."""
    found = Installation(tmp_path_factory.mktemp("shown"), "hubspot,segment")
    found.decide({})
    write_samples(found.root / "extracts", deals=300, events=4_000, months=9, seed=5)
    night = found.night()
    assert night.current, night.said
    return found


@pytest.fixture(scope="module")
def superset(
    server: Server, published: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Superset with the dashboard, over a copy of what is published."""
    with server.connect(autocommit=True) as connection:
        connection.execute("create database superset")
        connection.execute(f"create role {ROLE} login password '{PASSWORD}'")  # type: ignore[call-overload]
    settings = replace(
        published.settings,
        postgres_url=server.url("superset"),
        postgres_reader=ROLE,
    )
    publish_current(settings, published.paths)
    made = Superset(
        INSTALLED, tmp_path_factory.mktemp("superset"), server.url("superset", ROLE)
    )
    made.prepare()
    made.prepare()  # a second time, as whoever opens it again
    with served(made) as address:
        yield Client(address, made.password)


@contextmanager
def served(made: Superset) -> Iterator[str]:
    port = free_port()
    with (made.home / "log").open("wb") as log:
        process = subprocess.Popen(
            made.server(port),
            env=made.environment,
            cwd=made.home,
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", process, made.home / "log")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(address, timeout=5).close()  # noqa: S310
            return
        except (URLError, HTTPError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8")[-2000:])


@pytest.mark.slow
@needed
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_shows_what_the_mart_says(
    superset: Client, published: Installation, name: str
) -> None:
    cuts, figures, query = CHARTS[name]
    rows = superset.rows(superset.charts()[name])
    shown = {
        tuple(as_date(cut, row[cut]) for cut in cuts): [row[each] for each in figures]
        for row in rows
    }
    assert len(shown) == len(rows)
    file = str(published.paths.current.resolve() / "funnelhouse.duckdb")
    with duckdb.connect(file, read_only=True) as connection:
        facts = connection.execute(query).fetchall()
    expected = {tuple(row[: len(cuts)]): list(row[len(cuts) :]) for row in facts}
    assert expected
    assert {*shown} == {*expected}
    for key, values in expected.items():
        for is_value, value in zip(shown[key], values, strict=True):
            assert is_value is value or isclose(is_value, value, rel_tol=1e-9), key


def as_date(cut: str, value: Any) -> Any:
    """Superset tells times in milliseconds."""
    if cut in ("cohort_month", "snapshot_date"):
        return datetime.fromtimestamp(value / 1000, UTC).date()
    return value


@pytest.mark.slow
@needed
def test_a_dashboard_says_of_which_generation_it_is(
    superset: Client, published: Installation
) -> None:
    (row,) = superset.rows(superset.charts()["Shown generation"])
    assert row["generation"] == published.paths.current.resolve().name
    assert {*superset.charts()} == {*CHARTS, "Shown generation"}


@pytest.mark.slow
@needed
def test_a_cut_that_counts_cohorts_twice_shows_nothing(superset: Client) -> None:
    found = superset.call("dataset/?q=(page_size:100)")["result"]
    (dataset,) = (each["id"] for each in found if each["table_name"] == "conversions")

    def rate(*filters: dict[str, Any]) -> Any:
        query = {"metrics": ["conversion_rate", "entered"], "filters": list(filters)}
        asked = {"datasource": {"id": dataset, "type": "table"}, "queries": [query]}
        (result,) = superset.call("chart/data", asked)["result"]
        return result["data"]

    def only(column: str, value: Any) -> dict[str, Any]:
        return {"col": column, "op": "==", "val": value}

    whole = [only("segment_code", "all"), only("channel_code", "all")]
    whole += [only("horizon_days", 30), only("is_from_first", True)]
    whole += [only("is_to_sale", True)]
    assert rate(*whole)[0]["entered"] > 0
    for left_out in range(len(whole)):
        mixed = [each for n, each in enumerate(whole) if n != left_out]
        assert rate(*mixed) == [{"conversion_rate": None, "entered": None}], left_out


@pytest.mark.slow
@needed
@pytest.mark.skipif(not browser.executable(), reason="no Chromium is installed")
def test_the_dashboard_is_drawn_and_reaches_nobody_else(
    superset: Client, tmp_path: Path
) -> None:
    with browser.opened(tmp_path / "profile") as page:
        page.call("Network.enable")
        for name, value in logged_in(superset).items():
            page.call("Network.setCookie", name=name, value=value, url=superset.address)
        size = {"width": 1400, "height": 2600, "deviceScaleFactor": 1}
        page.call("Emulation.setDeviceMetricsOverride", mobile=False, **size)
        page.open(f"{superset.address}/superset/dashboard/conversion-facts/")
        drawn = "document.querySelectorAll('.dashboard-component-chart-holder :is("
        page.wait(f"{drawn}canvas, table)').length >= {len(CHARTS) + 1}", 120)
        assert not page.ask("document.querySelector('.ant-alert-error')")
    # what Superset's pages ask of elsewhere, the browser was told to block
    blocked = [each for each in page.complaints if "has been blocked" in each]
    elsewhere = {each for each in page.requests if not is_here(each, superset)}
    assert [name for name in elsewhere if not any(name in it for it in blocked)] == []
    assert page.complaints == blocked


def is_here(address: str, superset: Client) -> bool:
    return address.startswith((superset.address, "data:", "blob:"))


def logged_in(superset: Client) -> dict[str, str]:
    """The cookies of a user who logs in by the page."""
    cookies = HTTPCookieProcessor()
    opener = build_opener(cookies)
    page = opener.open(f"{superset.address}/login/", timeout=60).read().decode()
    (token,) = re.findall(r'csrf_token[^>]*value="([^"]+)"', page) or [""]
    form = f"csrf_token={token}&username={USER}&password={superset.password}"
    opener.open(f"{superset.address}/login/", form.encode(), timeout=60).close()
    return {each.name: str(each.value) for each in cookies.cookiejar}


def bundled(kind: str) -> list[dict[str, Any]]:
    files = sorted((BUNDLE / kind).rglob("*.yaml"))
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]


def test_every_chart_is_on_the_dashboard_and_held_to_the_mart() -> None:
    (dashboard,) = bundled("dashboards")
    charts = {each["uuid"]: each["slice_name"] for each in bundled("charts")}
    placed = [
        part["meta"]["uuid"]
        for part in dashboard["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(charts)
    assert {*charts.values()} == {*CHARTS, "Shown generation"}


def test_what_is_drawn_is_what_is_asked() -> None:
    """A chart is drawn by `params` and asked of the API by `query_context`."""
    for chart in bundled("charts"):
        (query,) = json.loads(chart["query_context"])["queries"]
        drawn = [
            {"col": f["subject"], "op": f["operator"]}
            | ({"val": f["comparator"]} if "comparator" in f else {})
            for f in chart["params"]["adhoc_filters"]
        ]
        assert query["filters"] == drawn, chart["slice_name"]
        assert query["metrics"] == chart["params"]["metrics"], chart["slice_name"]


def test_the_bundle_bears_no_address_and_no_password() -> None:
    (database,) = bundled("databases")
    address = database["sqlalchemy_uri"]
    assert address == "postgresql+psycopg2://funnel_reader@funnelhouse.invalid/bi"
    texts = [file.read_text(encoding="utf-8") for file in BUNDLE.rglob("*.yaml")]
    assert not [text for text in texts if "127.0.0.1" in text or ENCODED in text]


def test_the_bundle_reads_what_superset_is_said_to_read() -> None:
    named = {each["table_name"] for each in bundled("datasets") if not each["sql"]}
    for each in bundled("datasets"):
        named |= set(re.findall(r"\b(?:from|join) (\w+)", each["sql"] or ""))
    marts = {path.stem for path in (DBT / "models" / "marts").glob("*.sql")}
    assert sorted(named & marts) == exposures()["superset"]
    assert named - marts == {"published_generation"}


def test_columns_that_charts_are_of_are_those_of_the_contracts() -> None:
    contracts: dict[str, set[str]] = {}
    for path in (DBT / "models" / "marts").glob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            contracts[model["name"]] = {each["name"] for each in model["columns"]}
    for dataset in bundled("datasets"):
        columns = {each["column_name"] for each in dataset["columns"]}
        if dataset["sql"]:
            read = set(re.findall(r"\b(?:conversions|pairs)\.(\w+)", dataset["sql"]))
            both = contracts["fct_monthly_conversions"] | contracts["dim_stage_pairs"]
            assert columns <= read <= both
        elif dataset["table_name"] in contracts:
            assert columns == contracts[dataset["table_name"]]


def test_superset_without_an_address_says_what_to_set() -> None:
    environment = {k: v for k, v in os.environ.items() if k != READER}
    call = [sys.executable, "-m", "dagster_project.bi.superset.serving", "x", "y", "1"]
    done = subprocess.run(
        call, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"set {READER} to the address of a role that may read" in done.stderr
