"""A declaration is read whole, and what is wrong with it is said."""

from datetime import datetime
from typing import Any

import pytest

from dagster_project.landing import Column, ContractError, read_contracts

GOOD: dict[str, Any] = {
    "files": ["crm/*.csv"],
    "format": "csv",
    "mode": "full",
    "key": ["id"],
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
        ("key", None),
        ("key", ["identity"]),
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
        ("erase", "everything"),
    ],
)
def test_a_wrong_key_is_named_with_its_source_and_table(key: str, value: Any) -> None:
    changed = {k: v for k, v in (GOOD | {key: value}).items() if v is not None}
    with pytest.raises(ContractError, match=rf"source crm, table deal: .*\.{key}"):
        read_contracts(manifest(changed), [])


@pytest.mark.parametrize("mode", ["append", "changes"])
def test_only_whole_extracts_need_a_key(mode: str) -> None:
    told = {name: value for name, value in GOOD.items() if name != "key"}
    [found] = read_contracts(manifest(told | {"mode": mode}), [])
    assert found.key == ()


def test_personal_data_and_whose_a_row_is_are_read() -> None:
    told = manifest({**GOOD, "erase": "rows"})
    told["sources"]["a"]["columns"]["amount"]["config"]["meta"] |= {
        "pii": "email", "member": "to", "person_key": "contact"
    }  # fmt: skip
    [found] = read_contracts(told, [])
    assert found.erase == "rows"
    assert found.columns[1] == Column("amount", False, "email", "to", "contact")


@pytest.mark.parametrize(("key", "value"), [("pii", "mail"), ("person_key", "lead")])
def test_a_wrong_word_about_personal_data_is_named_with_its_column(
    key: str, value: str
) -> None:
    told = manifest(GOOD)
    told["sources"]["a"]["columns"]["amount"]["config"]["meta"][key] = value
    with pytest.raises(ContractError, match=rf"column amount: meta.{key} is '{value}'"):
        read_contracts(told, [])
