"""Nobody's address, number or name reaches a mart, a published file or a gate's words.

Every text column of every raw table holds a customer's e-mail address and phone number,
and a name where personal data is declared, where no mart is served, and where a number
or a time belongs. One night.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.forgetting import contracts_of
from dagster_project.landing import Contract
from dagster_project.status import read_status
from tests.environment import restored_environment
from tests.flow.installation import Installation, Night, rules_that_warn, shipped_seed
from tests.warehouse import Row, as_csv

pytestmark = pytest.mark.slow

SOURCES = "hubspot,segment,ad_spend,plain,snowplow_web,snowplow_ecommerce,olist"
ADDRESS, ENCODED = "planted@pii.example", "planted%40pii.example"
TWICE = "planted%2540pii.example"
NUMBER, NAME = "+49 170 555-0199", "Plantina Personova"
PLANTED = re.compile(
    r"pii\.example|plantina|personova|170.{0,3}555.{0,3}0199", re.IGNORECASE
)
TOLD = f"x {ADDRESS} {NUMBER}"
URL = f"https://{ADDRESS}/u/{ADDRESS}/?mail={ENCODED}&tel=%2B491705550199#{ADDRESS}"
TIME = re.compile(r"(_at|_date|_tstamp|^date|timestamp|_synced|createdate|At)$")
NUMBERS = re.compile(r"(amount|probability|clicks|impressions|_sequence|close_value)$")
TEXT_KEYS = ("deal_id", "lead_id", "contact_id", "id", "engagement_id", "mql_id")
DOCUMENT = {
    **{"email": ADDRESS, "name": NAME, "phone": NUMBER, "url": URL, "region": TOLD},
    **{"product": TWICE, "referrer": URL, "ip": "203.0.113.7"},
}
CONTEXT = {
    "campaign": {"source": TOLD, "medium": TOLD, "name": TOLD, "term": TOLD},
    "page": {"url": URL, "referrer": URL},
    "device": {"type": "%2b491705550199"},
}


def planted(contract: Contract, number: int) -> Row:
    """A row of a table, with all there is to be kept out of sight."""
    at = contract.extracted_at.column
    return {
        **{
            each.name: value_of(contract, each.name, number)
            for each in contract.columns
        },
        **({at: f"2026-03-0{number}T08:00:00Z"} if at else {}),
        "undeclared": f"{NAME} {TOLD}",
    }


def value_of(contract: Contract, column: str, number: int) -> str:
    declared = {each.name: each for each in contract.columns}[column]
    if declared.pii == "email" and not declared.member:
        return ADDRESS
    if column in ("properties", "traits") or column.startswith(
        ("contexts_", "unstruct")
    ):
        return json.dumps(DOCUMENT)
    if column == "context":
        return json.dumps({**CONTEXT, **DOCUMENT})
    if declared.pii:
        is_owner = contract.table_name == "owner"  # an employee, who is shown
        return f"{'Olga' if is_owner else NAME} {TOLD}"
    return undeclared(column, number)


def undeclared(column: str, number: int) -> str:
    if TIME.search(column):
        # the second row brings what no time is, which a gate tells of
        return f"2026-01-0{number}T10:00:00Z" if number == 1 else f"{NAME} {NUMBER}"
    if NUMBERS.search(column):
        return "1" if number == 1 else f"{NAME} {ADDRESS}"
    if "url" in column or "page" in column or "referrer" in column:
        return URL
    if column in TEXT_KEYS or column.endswith(("_id", "Id", "userid", "sessionid")):
        return f"{column}{number}.{ADDRESS}"
    return {"type": "track"}.get(column, TOLD)


def name_of(contract: Contract) -> str:
    """A file name that its contract's first glob without a date in it matches."""
    glob = contract.files[0].replace("**/", "")
    return glob.replace("*", "2026-03-05")


@pytest.fixture(scope="module")
def night(root: Path) -> Iterator[tuple[Installation, Night]]:
    at = Installation(root, sources=SOURCES)
    at.decide({"gate_rules": warned()})
    with restored_environment():
        contracts = contracts_of(replace(at.settings, sources=()))
    enabled = [each for each in contracts if each.source_code in SOURCES.split(",")]
    for contract in enabled:
        rows = [planted(contract, number) for number in (1, 2)]
        lines = [json.dumps(row) + "\n" for row in rows]
        text = as_csv(rows) if contract.format == "csv" else "".join(lines)
        at.write({name_of(contract): text})
    yield at, at.night()
    at.keep("planted")


def warned() -> list[Row]:
    """All rules only warn: what is planted is broken in every way."""
    return rules_that_warn(row["rule_code"] for row in shipped_seed("gate_rules"))


def texts_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that a reader may read, by place."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield str(path), path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield str(path), str(pq.read_table(path, partitioning=None).to_pylist())
        if path.suffix == ".duckdb":
            with closing(duckdb.connect(str(path), read_only=True)) as connection:
                query = "select schema_name, table_name from duckdb_tables()"
                for schema, table in connection.execute(query).fetchall():
                    rows = connection.execute(f'from "{schema}"."{table}"').fetchall()
                    yield f"{path} {schema}.{table}", str(rows)


def found_in(folder: Path) -> dict[str, str]:
    """Where something planted shows, with what stands around it."""
    return {
        place: text[max(0, found.start() - 80) : found.end() + 40]
        for place, text in texts_below(folder)
        if (found := PLANTED.search(text))
    }


def test_what_is_published_holds_nobodys_personal_data(
    night: tuple[Installation, Night],
) -> None:
    at, told = night
    assert told.summary.exit_code == 0, told.said
    assert found_in(at.paths.generation(told.current)) == {}


def test_the_planted_rows_have_come_as_far_as_the_marts(
    night: tuple[Installation, Night],
) -> None:
    at, told = night
    marts = at.published(told.current)
    with closing(marts.connection):
        for table in ("fct_journeys", "fct_web_sessions", "dq_unmapped_stage_codes"):
            assert marts(f"select count(*) from marts.{table}") >= [(2,)]
        pages = marts("select distinct landing_page from marts.fct_web_sessions")
        assert ("https://[address]/u/[address]/",) in pages
        stages = marts(
            "select distinct source_stage from marts.dq_unmapped_stage_codes"
        )
        assert ("x [address] [number]",) in stages
        olga = "Olga x [address] [number] Olga x [address] [number]"
        owners = (
            "select owner_name from marts.dim_owners where owner_name like ? || '%'"
        )
        named = {
            name for (name,) in marts.connection.execute(owners, [olga]).fetchall()
        }
        assert len(named) == 2, "told apart by their ids"


def test_what_gates_and_logs_say_names_nobody(
    night: tuple[Installation, Night],
) -> None:
    at, told = night
    assert told.broken.keys() >= {"values_castable", "stage_codes_registered"}
    assert PLANTED.search(told.said) is None
    assert found_in(at.paths.records) == {}
    assert found_in(at.paths.dagster_home) == {}
    assert PLANTED.search(str(read_status(at.settings))) is None


def test_who_is_planted_is_known_by_a_hash(night: tuple[Installation, Night]) -> None:
    built = night[0].built()
    with closing(built.connection):
        [(links,)] = built(
            "select count(distinct email_key) from intermediate.int_identity_links"
        )
    assert links == 1
