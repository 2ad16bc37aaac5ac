"""An installation below a folder, and the nights that a test runs in it."""

import codecs
import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dagster_project.night import GateLine, NightSummary, run_night
from dagster_project.paths import Paths
from dagster_project.publishing import generations
from dagster_project.settings import ROOT, Settings
from tests.environment import restored_environment
from tests.warehouse import Files, Marts, Row, Seeds, write_files, write_seeds

MADE = (
    "extracts",
    "seeds",
    "data/lake",
    "data/published",
    "data/dagster",
    "data/quality",
    "data/warehouse/funnelhouse.duckdb",
)


@dataclass(frozen=True)
class Night:
    """What a night said, and what readers saw the morning after."""

    summary: NightSummary
    current: str
    generations: list[str]
    published_bytes: str

    @property
    def broken(self) -> dict[str, GateLine]:
        return {line.rule: line for line in self.summary.gates if not line.passed}

    @property
    def said(self) -> str:
        """All that a person needs to know why, should a test fail."""
        lines = [line.message for line in self.broken.values()]
        return "\n".join([self.summary.outcome, self.summary.message, *lines])


@dataclass
class Installation:
    """Extracts, seeds and data below `root`; nights run one after another."""

    root: Path
    sources: str = "plain"

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(
            {
                "FUNNELHOUSE_DATA": str(self.root / "data"),
                "FUNNELHOUSE_EXTRACTS": str(self.root / "extracts"),
                "FUNNELHOUSE_SEEDS": str(self.root / "seeds"),
                "FUNNELHOUSE_SOURCES": self.sources,
                "FUNNELHOUSE_THREADS": "2",
            }
        )

    @property
    def paths(self) -> Paths:
        return Paths.of(self.settings)

    def write(self, files: Files) -> None:
        write_files(self.root / "extracts", files)

    def decide(self, seeds: Seeds) -> None:
        """The shipped seeds, some replaced."""
        write_seeds(self.root / "seeds", seeds)

    def save_seeds_as_a_spreadsheet_would(self) -> None:
        """With a byte order mark, and lines that end in CRLF."""
        for path in (self.root / "seeds").glob("*.csv"):
            lines = path.read_text(encoding="utf-8").splitlines()
            text = "\r\n".join([*lines, ""])
            path.write_bytes(codecs.BOM_UTF8 + text.encode())

    def night(self) -> Night:
        with restored_environment():
            summary = run_night(self.settings)
        current = self.paths.current
        name = current.resolve().name if current.is_symlink() else ""
        return Night(summary, name, generations(self.paths), _digest(current))

    def keep(self, name: str) -> "Installation":
        """Move all that nights have made aside, and begin anew.

        The parsed project stays where it is: dbt parses one folder's project once.
        """
        kept = Installation(self.root / "kept" / name, self.sources)
        for part in MADE:
            (kept.root / part).parent.mkdir(parents=True, exist_ok=True)
            (self.root / part).rename(kept.root / part)
        return kept

    def published(self, generation: str) -> Marts:
        """What readers have, read as they would: read-only, a whole generation."""
        return Marts(self.paths.generation(generation) / "funnelhouse.duckdb")

    def built(self) -> Marts:
        """The builder's own warehouse."""
        return Marts(self.paths.warehouse)


def shipped_seed(name: str) -> list[Row]:
    with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def funnels_of_all_segments() -> Seeds:
    """The shipped funnels and their steps, but for those of one segment."""
    funnels, steps = shipped_seed("funnels"), shipped_seed("funnel_steps")
    of_one = {row["funnel_code"] for row in funnels if row["segment_code"]}
    return {
        "funnels": [row for row in funnels if row["funnel_code"] not in of_one],
        "funnel_steps": [row for row in steps if row["funnel_code"] not in of_one],
    }


def rules_that_warn(codes: Iterable[str]) -> list[Row]:
    """The shipped rules, some of them only warning."""
    warned = set(codes)
    return [
        {**row, "severity_code": "warn"} if row["rule_code"] in warned else row
        for row in shipped_seed("gate_rules")
    ]


def _digest(folder: Path) -> str:
    """A hash of every file that is published."""
    digest = hashlib.sha256()
    for path in sorted(folder.resolve().rglob("*")) if folder.is_symlink() else ():
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
