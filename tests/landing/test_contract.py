"""A declaration is read whole, and what is wrong with it is said."""

from datetime import datetime
from typing import Any

import pytest

from dagster_project.landing import ContractError, read_contracts

GOOD: dict[str, Any] = {
    "files": ["crm/*.csv"],
    "format": "csv",
    "mode": "full",
    "extracted_at": {"fixed": "2024-01-31"},
}


def manifest(table: dict[str, Any], source: dict[str, Any] | None = None) -> Any:
    column = {"name": "amount", "config": {"meta": {"required": False}}}
    node = {
        "source_name": "crm",
        "name": "deal",
        "source_meta": {"extract": source or {}},
        "config": {"meta": {"extract": table}},
        "columns": {"id": {"name": "id"}, "amount": column},
    }
    lake = {"source_name": "lake", "name": "runs", "columns": {}, "config": {}}
    return {"sources": {"a": node, "b": lake}}


def test_a_table_inherits_from_its_source() -> None:
    [found] = read_contracts(
        manifest(GOOD, {"timezone": "Europe/Berlin", "history_from": "2017-03-01"}), []
    )
    assert found.timezone == "Europe/Berlin"
    assert found.history_from == datetime(2017, 2, 28, 23)
    assert found.extracted_at.fixed == datetime(2024, 1, 31, 22, 59, 59)
    assert found.required == ("id",)


def test_only_the_sources_asked_for_are_read() -> None:
    assert read_contracts(manifest(GOOD), ["other"]) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("files", None),
        ("files", ["../x.csv"]),
        ("files", ["/etc/*.csv"]),
        ("format", "xlsx"),
        ("format", None),
        ("mode", "sometimes"),
        ("encoding", "klingon"),
        ("delimiter", "||"),
        ("timezone", "Mars/Olympus"),
        ("extracted_at", None),
        ("extracted_at", {"clock": "now"}),
        ("extracted_at", {"path": "no group"}),
        ("extracted_at", {"fixed": "some day"}),
        ("data_through", "soon"),
        ("schema_change", "melt"),
        ("schema_chnage", "freeze"),
    ],
)
def test_a_wrong_key_is_named_with_its_source_and_table(key: str, value: Any) -> None:
    changed = {k: v for k, v in (GOOD | {key: value}).items() if v is not None}
    with pytest.raises(ContractError, match=rf"source crm, table deal: .*\.{key}"):
        read_contracts(manifest(changed), [])
