"""Files: rows gathered by table and day, written whole, stale ones taken away."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.samples.world import DAY, clock_text, day_text

SYNC_SECOND = 5 * 60
FILE_LIST = "files.txt"


@dataclass
class Folder:
    """Writes files below the extracts folder and remembers which."""

    extracts: Path
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    files: list[str] = field(default_factory=list)

    def write(self, table: str, name: str, text: str, rows: int) -> None:
        """Write one file of a table, which is a folder such as `hubspot/deal`."""
        path = self.extracts / table / name
        if table not in self.rows:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        self.rows[table] += rows
        self.files.append(f"{table}/{name}")

    def replace_list(self, list_file: Path) -> None:
        """Remove what an earlier sample wrote and this one did not, and nothing else.

        Real extracts in the same folders are on no list and stay.
        """
        before = list_file.read_text(encoding="utf-8") if list_file.exists() else ""
        for name in set(before.splitlines()) - set(self.files):
            (self.extracts / name).unlink(missing_ok=True)
        list_file.write_text("\n".join(sorted(self.files)) + "\n", encoding="utf-8")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a header and line feeds."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


@dataclass
class Sheets:
    """Rows of many tables by the day they land on; the sync time is added last."""

    columns: dict[str, tuple[str, ...]]
    rows: dict[tuple[str, int], list[tuple[object, ...]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, table: str, day: int, *values: object) -> None:
        self.rows[table, day].append(values)

    def write(self, folder: Folder, source: str) -> None:
        order = {table: number for number, table in enumerate(self.columns)}
        for table, day in sorted(self.rows):
            synced = clock_text((day + 1) * DAY + SYNC_SECOND + 20 * order[table])
            rows = [(*row, synced) for row in self.rows[table, day]]
            text = csv_text((*self.columns[table], "_fivetran_synced"), rows)
            folder.write(f"{source}/{table}", f"{day_text(day)}.csv", text, len(rows))
