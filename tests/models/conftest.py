"""Builds that several modules ask: made once a session."""

from pathlib import Path

import pytest

from tests.warehouse import Marts, Warehouse


@pytest.fixture(scope="session")
def maven_crm(shared: Path, warehouse: Warehouse) -> Marts:
    """The public CRM extract alone, with the shipped seeds."""
    file = shared / "data/maven_crm/sales_pipeline.csv"
    files = {"maven_crm/sales_pipeline.csv": file.read_bytes()}
    return warehouse.build(files, sources="maven_crm", with_tests=True)
