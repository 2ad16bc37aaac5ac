"""Looks at pages with axe-core: contrast, names, roles, what a keyboard reaches."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bi.browser import Browser

AXE = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"

needs_axe = pytest.mark.skipif(
    not AXE.is_file(), reason="axe-core is not there: `make axe` (needs npm)"
)


def faults(browser: Browser, without: tuple[str, ...] = ()) -> list[str]:
    """What axe finds wrong with the page, each with the element at fault."""
    browser.ask(AXE.read_text(encoding="utf-8") + "; true")
    rules = json.dumps({rule: {"enabled": False} for rule in without})
    found = browser.ask(
        f"axe.run(document, {{rules: {rules}}}).then(r => r.violations)"
    )
    return [_said(fault, node) for fault in found for node in fault["nodes"]]


def _said(fault: dict[str, Any], node: dict[str, Any]) -> str:
    why = node["failureSummary"].replace("\n", " ")
    return f"{fault['id']}: {node['html'][:160]}: {why}"
