"""Public sets run through all marts: what they cannot answer is empty, and says why."""

from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dagster_project.bi.findings import FINDINGS
from dagster_project.explaining import Explanation, explain
from dagster_project.paths import Paths
from dagster_project.publishing import current_manifest
from dagster_project.settings import Settings
from tests.flow.installation import Installation

FILES = {
    "maven_crm": ["sales_pipeline.csv"],
    "olist": [
        "olist_marketing_qualified_leads_dataset.csv",
        "olist_closed_deals_dataset.csv",
    ],
}


@pytest.fixture(scope="module", params=FILES)
def published(
    request: pytest.FixtureRequest,
    shared: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Settings]:
    """A source alone, by a whole night under the shipped seeds."""
    source = str(request.param)
    at = Installation(tmp_path_factory.mktemp(source), sources=source)
    at.decide({"targets": [], "experiments": []})
    folder = shared / "data" / source
    at.write(
        {f"{source}/{name}": (folder / name).read_bytes() for name in FILES[source]}
    )
    night = at.night()
    assert night.summary.outcome == "published", night.said
    return source, at.settings


def explanations(settings: Settings) -> Mapping[str, Explanation]:
    manifest = current_manifest(Paths.of(settings))
    assert manifest is not None
    return {name: explain(settings, name)[0] for name in manifest.tables}


@pytest.mark.slow
def test_every_mart_of_a_public_set_has_rows_or_says_why_not(
    published: tuple[str, Settings],
) -> None:
    source, settings = published
    found = explanations(settings)
    silent = [n for n, told in found.items() if told.rows == 0 and not told.reasons]
    assert silent == []
    assert {n for n, told in found.items() if not told.meaning} == set()
    assert all(not told.reasons for told in found.values() if told.rows)
    for name, reason in STATED[source].items():
        assert any(reason in each for each in found[name].reasons), found[name]
    queue = Paths.of(settings).current / "csv" / "fct_recovery_queue.csv"
    lines = queue.read_bytes().count(b"\r\n")
    assert lines == (found["fct_recovery_queue"].rows or 0) + 1


@pytest.mark.slow
def test_the_report_says_of_each_empty_mart_why(
    published: tuple[str, Settings],
) -> None:
    _, settings = published
    found = explanations(settings)
    file = Paths.of(settings).current / "report" / "index.html"
    page = unescape(file.read_text(encoding="utf-8"))
    marts = {finding.mart for finding in FINDINGS.values()}
    empty = [found[mart] for mart in marts if not found[mart].rows]
    assert len(empty) > 2
    for told in empty:
        assert f"Why <code>{told.table}</code> has no row" in page
        assert all(f"<li>{reason}</li>" in page for reason in told.reasons)


STATED: dict[str, dict[str, Any]] = {
    "maven_crm": {
        "fct_target_attainment": "seeds/targets.csv has no row",
        "fct_experiment_results": "seeds/experiments.csv has no row",
        "fct_web_sessions": "no enabled source provides web_events",
        "fct_unrecorded_inquiries": "no enabled source provides",
        "fct_inquiry_months": "no enabled source provides",
    },
    "olist": {
        "fct_web_sessions": "no enabled source provides web_events",
        "fct_customer_paths": "whose customer is known",
    },
}
