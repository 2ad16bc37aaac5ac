"""What a gate said: one result a rule, plain enough for JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

OFFENDERS_SHOWN: Final = 20
# A field may hold millions of characters; a message that does is read by nobody.
CHARACTERS_SHOWN: Final = 300


@dataclass(frozen=True)
class GateResult:
    """One rule judged; `message` is worded for the person who has to act on it."""

    gate_code: str
    rule_code: str
    severity_code: str
    passed: bool
    unexpected_count: int
    checked_count: int
    offenders: list[dict[str, Any]] = field(default_factory=list)
    message: str = ""

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity_code == "block"

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "blocks": self.blocks}


def plain_rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows as JSON knows them: times as ISO text, every kind of missing as None."""
    return [_plain_row(row) for row in frame.to_dict("records")]


def _plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _shown(str(name), plain(row[name])) for name in row}


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, str) and len(value) > CHARACTERS_SHOWN:
        return f"{value[:CHARACTERS_SHOWN]}… ({len(value):,} characters)"
    # DuckDB sums to HUGEINT, which pandas receives as float
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole and name.endswith("_count") else value


def plain(value: Any) -> Any:
    """One value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return None if _is_missing(value) else _plain_scalar(value)


def _is_missing(value: Any) -> bool:
    # NaN and NaT differ from themselves; pd.NA is told by its name, or pandas
    # would have to be imported here
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float | Decimal) and value != value)
    )


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)
