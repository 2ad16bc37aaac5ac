"""A fault of the machine is told with what to do; any other in its own words alone."""

import pytest

from dagster_project.remedies import with_remedy


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("Out of Memory Error: failed to allocate data", "FUNNELHOUSE_MEMORY_LIMIT"),
        ("[Errno 28] No space left on device: 'x.parquet'", "make room"),
        ("[Errno 27] File too large", "make room"),
        ('IO Error: Could not write file "x.duckdb": File too large', "make room"),
        ("(sqlite3.OperationalError) disk I/O error", "make room"),
        ("[Errno 13] Permission denied: 'data/lake'", "the right to write"),
    ],
)
def test_a_fault_of_the_machine_is_told_with_what_to_do(
    fault: str, remedy: str
) -> None:
    told = with_remedy(fault)
    assert told.startswith(f"{fault}\n")
    assert remedy in told
    assert told.endswith("What was published stands; then run the night again.")


def test_any_other_fault_is_told_in_its_own_words() -> None:
    assert with_remedy("Binder Error: column x") == "Binder Error: column x"
