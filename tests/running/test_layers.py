"""What `funnelhouse status` and a night say of the accounts of a generation."""

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.status import Layer, newly_rejected, read_layers


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths.of(Settings.from_environment({"FUNNELHOUSE_DATA": str(tmp_path)}))
    (made.current / "marts").mkdir(parents=True)
    return made


def publish(paths: Paths, **columns: list[object]) -> None:
    pq.write_table(
        pa.table(columns), paths.current / "marts/dq_reconciliations.parquet"
    )


def test_a_layer_closes_only_if_all_its_accounts_do(paths: Paths) -> None:
    publish(
        paths,
        check_code=["a", "b", "c", "d"],
        scope=["s", "s", "s", "t"],
        layer_code=["lake", "lake", "marts", "lake"],
        expected_count=[5, 7, 7, 0],
        difference_count=[0, 1, 0, 0],
    )
    layers = read_layers(paths)
    assert layers == [Layer("s", "lake", 2, 7, ["b"]), Layer("s", "marts", 1, 7, [])]
    assert [layer.closes for layer in layers] == [False, True]


def test_a_generation_of_before_layers_were_told_has_none(paths: Paths) -> None:
    publish(paths, check_code=["a"], scope=["s"], difference_count=[0])
    assert read_layers(paths) == []


def test_nothing_published_has_no_layers(paths: Paths) -> None:
    assert read_layers(paths) == []


def write_audit(folder: Path, **rejected: int) -> None:
    """Files by name and how many of their rows were rejected; `_x` replaces `x`."""
    (folder / "marts").mkdir(parents=True, exist_ok=True)
    names = list(rejected)
    told = {
        "source_code": ["s"] * len(names),
        "table_name": ["t"] * len(names),
        "file_name": [name.lstrip("_") for name in names],
        "file_sha256": names,
        "batch_id": ["n000001"] * len(names),
        "status_code": [
            "replaced" if f"_{name}" in names else "landed" for name in names
        ],
        "rejected_count": list(rejected.values()),
    }
    pq.write_table(pa.table(told), folder / "marts/dq_load_audit.parquet")


def test_rows_are_newly_rejected_until_a_generation_tells_of_them(
    paths: Paths, tmp_path: Path
) -> None:
    built = tmp_path / "built"
    write_audit(built, a=3, b=2, c=0)
    assert newly_rejected(paths, built) == 5
    write_audit(paths.current, a=3)
    # a night between them, which was refused, has landed what is new
    assert newly_rejected(paths, built) == 2
    write_audit(built, a=3, b=2, _b=1)
    assert newly_rejected(paths, built) == 1
