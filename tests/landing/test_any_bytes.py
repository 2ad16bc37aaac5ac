"""Whatever the bytes: every record is accounted for, or the file is refused whole."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import contract, make_house

CSV_BYTES = st.lists(
    st.sampled_from([b"id", b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"1", b";", b" "])
    | st.binary(max_size=3)
).map(lambda parts: b"id,amount\n" + b"".join(parts))
JSON_BYTES = st.lists(
    st.sampled_from(
        [b'{"id":', b"}", b"1", b'"', b"\\u", b"\n", b",", b"[", b"]", b"\xff"]
    )
    | st.binary(max_size=3)
).map(lambda parts: b'{"id": 1}\n' + b"".join(parts))


@pytest.mark.parametrize(
    ("format", "bytes_of"), [("csv", CSV_BYTES), ("jsonl", JSON_BYTES)]
)
def test_any_bytes_are_accounted_for(
    format: str, bytes_of: st.SearchStrategy[bytes]
) -> None:
    @settings(deadline=None, max_examples=60)
    @given(bytes_of | st.binary(max_size=200))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            house = make_house(Path(folder))
            outcome = house.land_one(content, contract(format))
            assert outcome.status_code in ("landed", "refused")
            assert len(house.rows("_source_row")) == outcome.landed_count
            assert len(house.rejects()) == outcome.rejected_count
            assert (
                outcome.physical_count == outcome.landed_count + outcome.rejected_count
            )

    check()
