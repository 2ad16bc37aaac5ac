"""Owners of deals, as sources tell of them."""

from tests.warehouse import Warehouse

OWNERS = (
    "owner_id,email,first_name,last_name,_fivetran_synced\n"
    "1,one@example.com,Ann,Lee,2026-01-01T00:00:00\n"
    "2,two@example.com,Ann,Lee,2026-01-01T00:00:00\n"
    "3,three@example.com,Bo,Lee,2026-01-01T00:00:00\n"
)


def test_two_owners_of_one_name_are_told_apart(warehouse: Warehouse) -> None:
    marts = warehouse.build(
        {"hubspot/owner/2026-01-01.csv": OWNERS},
        sources="hubspot",
        models=("dim_owners",),
    )
    assert marts("select owner_id, owner_name from marts.dim_owners order by all") == [
        ("1", "Ann Lee (1)"),
        ("2", "Ann Lee (2)"),
        ("3", "Bo Lee"),
    ]
