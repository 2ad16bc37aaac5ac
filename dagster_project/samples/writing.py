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
    """Writes files below the extracts folder and lists which, before each is there."""

    extracts: Path
    list_file: Path
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    files: list[str] = field(default_factory=list)

    def refuse_beside_real(self, sources: Iterable[str]) -> None:
        """Refuse to mix made-up customers with real ones.

        Raises:
            ValueError: files of these sources are there that no sample wrote.
        """
        known = self._listed()
        real = sorted(
            name
            for source in sources
            for path in (self.extracts / source).rglob("*")
            if path.is_file()
            and (name := path.relative_to(self.extracts).as_posix()) not in known
        )
        if real:
            raise ValueError(
                f"{self.extracts} holds {len(real)} files that no sample wrote, such "
                f"as {real[0]}, and a sample's customers would be counted with theirs; "
                "name another folder with --to, or by FUNNELHOUSE_DATA"
            )

    def write(self, table: str, name: str, text: str, rows: int) -> None:
        """Write one file of a table, which is a folder such as `hubspot/deal`."""
        path = self.extracts / table / name
        if table not in self.rows:
            path.parent.mkdir(parents=True, exist_ok=True)
        with self.list_file.open("a", encoding="utf-8") as listed:
            listed.write(f"{table}/{name}\n")
        path.write_bytes(text.encode())
        self.rows[table] += rows
        self.files.append(f"{table}/{name}")

    def replace_list(self) -> None:
        """Remove what an earlier sample wrote and this one did not, no more."""
        for name in self._listed() - set(self.files):
            (self.extracts / name).unlink(missing_ok=True)
        text = "\n".join(sorted(self.files)) + "\n"
        self.list_file.write_text(text, encoding="utf-8")

    def _listed(self) -> set[str]:
        if not self.list_file.exists():
            return set()
        return set(self.list_file.read_text(encoding="utf-8").splitlines())


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
