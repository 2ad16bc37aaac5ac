"""Whatever a seed holds, `check` answers with findings, and never with a crash."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.checking import COLUMNS, check_seeds
from dagster_project.settings import ROOT
from expectations import GateError, read_rules

INPUTS = 400
Draw = Callable[[st.SearchStrategy[Any]], Any]

# What a spreadsheet, a person or a broken disk puts into a cell.
CELLS = st.one_of(
    st.sampled_from(
        [
            *("", " ", '"', '""', ",", ";", "\t", "\n", "\r", "\0", "'", "=1+1"),
            *("-1", "0", "1e999", "nan", "inf", "9" * 5000, "²", "٣", "1.5", "1,5"),
            *("2026-01-01", "20260101", "0000-00-00", "٢٠٢٦-01-01", "9999-12-31"),
            *("true", "TRUE", "all", "unmapped", "step:2", "step:٢", "won", "entry"),
        ]
    ),
    st.text(max_size=4),
)
BYTES = st.one_of(
    CELLS.map(lambda cell: cell.encode(errors="replace")), st.binary(max_size=3)
)


def slow(count: int) -> Any:
    fixture = HealthCheck.function_scoped_fixture
    return settings(
        deadline=None,
        max_examples=count,
        database=None,
        suppress_health_check=[fixture, HealthCheck.too_slow],
    )


@st.composite
def spoiled(draw: Draw, seed: str) -> bytes:
    """A shipped seed with a cell, a piece or a row of it otherwise."""
    content = (ROOT / "seeds" / f"{seed}.csv").read_bytes()
    if draw(st.booleans()):
        lines = content.split(b"\n")
        number = draw(st.integers(0, len(lines) - 1))
        cells = lines[number].split(b",")
        cells[draw(st.integers(0, len(cells) - 1))] = draw(BYTES)
        lines[number] = b",".join(cells)
        content = b"\n".join(lines)
    start = draw(st.integers(0, len(content)))
    stop = draw(st.integers(start, min(len(content), start + 30)))
    change = draw(st.sampled_from(["none", "cut", "end", "repeat", "insert"]))
    between = {
        "none": content[start:stop],
        "cut": b"",
        "end": b"",
        "repeat": content[start:stop] * 2,
        "insert": draw(BYTES),
    }[change]
    return content[:start] + between + (b"" if change == "end" else content[stop:])


@slow(INPUTS)
@given(st.data())
def test_any_seed_is_sound_or_has_findings_with_file_and_remedy(
    tmp_path: Path, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(sorted(COLUMNS)))
    content = data.draw(spoiled(seed) | st.binary(max_size=50))
    folder = tmp_path / "seeds"
    if not folder.is_dir():
        shutil.copytree(ROOT / "seeds", folder)
    kept = (folder / f"{seed}.csv").read_bytes()
    try:
        (folder / f"{seed}.csv").write_bytes(content)
        findings = check_seeds(folder)
    finally:
        (folder / f"{seed}.csv").write_bytes(kept)
    for finding in findings:
        assert finding.file.startswith("seeds/")
        assert finding.message
        assert "Traceback" not in finding.message


@slow(INPUTS)
@given(spoiled("gate_rules") | st.binary(max_size=50))
def test_any_gate_rules_are_read_or_refused_with_a_reason(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "gate_rules.csv"
    path.write_bytes(content)
    try:
        rules = read_rules(path)
    except GateError as error:
        assert "seeds/gate_rules.csv" in str(error)
    else:
        assert all(rule.severity_code in ("block", "warn") for rule in rules.values())
