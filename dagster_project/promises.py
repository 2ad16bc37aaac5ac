"""What dbt's tests promise of every row of a table: its key, and columns never null."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Test = Mapping[str, Any]


def tests_of(manifest: Mapping[str, Any]) -> Mapping[str, list[Test]]:
    """By model, the tests that look at all its rows and stop a night when they fail."""
    found: dict[str, list[Test]] = defaultdict(list)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and _promises(node):
            found[node["attached_node"]].append(node)
    return found


def key_of(tests: Sequence[Test]) -> tuple[str, ...]:
    """The columns in which no two rows agree; none where no test says so.

    Of several such tests the one of the fewest columns is the key.
    """
    keys = [
        tuple(test["test_metadata"]["kwargs"].get("columns", [test["column_name"]]))
        for test in tests
        if test["test_metadata"]["name"] in ("unique", "unique_by")
    ]
    return min(keys, key=lambda key: (len(key), key), default=())


def required_of(tests: Sequence[Test]) -> tuple[str, ...]:
    """The columns that no row lacks."""
    return tuple(
        sorted(
            column
            for test in tests
            if test["test_metadata"]["name"] == "never_null"
            for column in test["test_metadata"]["kwargs"]["columns"]
        )
    )


def _promises(test: Test) -> bool:
    config = test["config"]
    return (
        bool(test.get("test_metadata"))
        and test.get("attached_node") is not None
        and not config.get("where")
        and config["severity"].lower() == "error"
    )
