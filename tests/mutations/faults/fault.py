"""What a fault is. The faults themselves stand in the modules beside, by subject."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One deliberate mistake in the SQL, and the test that must notice it.

    `text` stands exactly once in `file`, a path under dbt/. `caught_by` is the name of
    a dbt unit test, else a test of pytest: "tests/models/test_x.py::test_y".
    """

    name: str
    file: str
    text: str
    replacement: str
    caught_by: str

    def complaint(self, dbt: Path) -> str | None:
        """Why the fault cannot be made, if it cannot."""
        path = dbt / self.file
        if not path.is_file():
            return f"{self.name}: there is no dbt/{self.file}"
        count = path.read_text(encoding="utf-8").count(self.text)
        if count != 1:
            return f"{self.name}: its text stands {count} times in dbt/{self.file}"
        return None

    def make(self, dbt: Path) -> None:
        path = dbt / self.file
        sql = path.read_text(encoding="utf-8")
        path.write_text(sql.replace(self.text, self.replacement), encoding="utf-8")
