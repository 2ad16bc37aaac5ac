"""A stage code stands in seeds/stages.csv and nowhere else; no model reads a clock."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.settings import ROOT

# These words have a meaning of their own: `won` and `lost` are outcome codes of
# seeds/stages.csv, which flags are made from, and `lead` is a kind of record.
EXEMPT = {"won", "lost", "open", "lead"}
FOLDERS = ("dbt", "dagster_project", "expectations")
MADE = {"target", "logs", "dbt_packages", "__pycache__"}
QUOTED = re.compile(r"(?<=['\"|])\s*(\w+)\s*(?=['\"|])")
CLOCK = re.compile(
    r"\b(current_timestamp|current_date|current_time|localtimestamp|localtime|sysdate"
    r"|getdate|run_started_at|modules\.datetime)\b|\b(now|today|get_current_\w+)\s*\(",
    re.IGNORECASE,
)


def stage_codes() -> set[str]:
    with (ROOT / "seeds/stages.csv").open(encoding="utf-8", newline="") as file:
        return {row["stage_code"] for row in csv.DictReader(file)} - EXEMPT


def files(*endings: str, folders: tuple[str, ...] = FOLDERS) -> list[Path]:
    """Our own files of a kind, sorted; none that a tool wrote."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings
        and not MADE.intersection(path.relative_to(ROOT).parts)
    )


def quoted(text: str) -> Iterator[str]:
    """Words between quotes, also those in a list that is written with bars."""
    yield from QUOTED.findall(text)


def texts_of_yaml(text: str) -> Iterator[str]:
    def scalars(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            value = [*value, *value.values()]
        if isinstance(value, list):
            for each in value:
                yield from scalars(each)
        elif isinstance(value, str):
            yield value

    yield from quoted(text)
    for document in yaml.safe_load_all(text):
        yield from scalars(document)


READERS: dict[str, Callable[[str], Iterator[str]]] = {
    ".sql": quoted,
    ".py": quoted,
    ".yml": texts_of_yaml,
    ".yaml": texts_of_yaml,
}


def codes_in(text: str, ending: str) -> set[str]:
    return stage_codes().intersection(READERS[ending](text))


@pytest.mark.parametrize("ending", READERS)
def test_no_stage_code_is_written_outside_the_registry(ending: str) -> None:
    found = {
        str(path.relative_to(ROOT)): codes
        for path in files(ending)
        if (codes := codes_in(path.read_text(encoding="utf-8"), ending))
    }
    assert found == {}, "join to seeds/stages.csv, or read it, instead"


def test_models_and_macros_read_no_clock() -> None:
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in files(".sql", ".yml", folders=("dbt",))
        if (match := CLOCK.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}, "read as_of of the lake's run table instead"


def test_the_search_looks_at_all_that_we_wrote() -> None:
    assert len(stage_codes()) >= 6
    counts = {ending: len(files(ending)) for ending in (".sql", ".py", ".yml")}
    assert all(count > 20 for count in counts.values()), counts


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".sql", "select 1 where stage_code = '{}'"),
        (".sql", "select 1 where stage_code in ('a', '{}')"),
        (".sql", "{{% set codes = ['{}'] %}}"),
        (".sql", "{{{{ is_in_list('stage_code', \"'a|{}'\") }}}}"),
        (".py", 'STAGES = ("{}", "a")'),
        (".py", "query = \"select 1 where stage_code = '{}'\""),
        (".yml", "values: [a, {}]"),
        (".yml", "{}: 1"),
        (".yml", "where: stage_code = '{}'"),
    ],
)
def test_the_search_finds_a_code_however_it_is_quoted(ending: str, text: str) -> None:
    code = sorted(stage_codes())[0]
    assert codes_in(text.format(code), ending) == {code}
    assert codes_in(text.format("a"), ending) == set()


@pytest.mark.parametrize(
    "text",
    [
        "select current_timestamp",
        "select now()",
        "where changed_at < CURRENT_DATE - 1",
        "select getdate()",
        "select today()",
        "{{ dbt.current_timestamp() }}",
        "{{ run_started_at }}",
    ],
)
def test_the_search_finds_a_clock_however_it_is_read(text: str) -> None:
    assert CLOCK.search(text)


@pytest.mark.parametrize(
    "text", ["known_at", "-- until now", "today_count", "nowhere("]
)
def test_the_search_takes_no_other_word_for_a_clock(text: str) -> None:
    assert not CLOCK.search(text)
