"""What we refuse: Great Expectations suites, their values given by parameter."""

from expectations.results import GateResult
from expectations.rules import (
    COLUMNS,
    GATE_RULES,
    PROJECTIONS,
    GateError,
    Rule,
    read_rules,
)
from expectations.validation import validate

__all__ = [
    "COLUMNS",
    "GATE_RULES",
    "PROJECTIONS",
    "GateError",
    "GateResult",
    "Rule",
    "read_rules",
    "validate",
]
