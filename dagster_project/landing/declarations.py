"""The declarations of sources as their YAML has them, read without dbt.

dbt's own manifest says the same; `check` must not wait for a parse of the project.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dagster_project.landing.contract import ContractError, read_contracts

Node = Mapping[str, Any]
PATTERN: Final = "models/staging/*/_*__sources.yml"
UNNAMED: Final = (
    "is not named below `vars: sources:` in dbt/dbt_project.yml, so its files are left "
    "alone; name it there with the objects that it provides, such as `[deals]`"
)
MISSHAPEN: Final = (
    "is no list of sources, tables and columns that each have a name (`- name: …`), or "
    "its meta is no mapping; see CONTRIBUTING.md for one that is whole"
)


@dataclass(frozen=True)
class Declaration:
    """A raw table as a YAML file declares it; line 0 is the whole file."""

    file: Path
    line: int
    node: Node


@dataclass(frozen=True)
class WrongDeclaration:
    """What is wrong with a declaration, where, and what to do."""

    file: Path
    line: int
    message: str


def check_declarations(dbt: Path, sources: Collection[str]) -> list[WrongDeclaration]:
    """Everything wrong with the declarations of `sources` (empty: all)."""
    found: list[WrongDeclaration] = []
    for file in sorted(dbt.glob(PATTERN)):
        try:
            declared = list(_declared(file))
        except yaml.YAMLError as error:
            found.append(_unreadable(file, error))
            continue
        except (AttributeError, KeyError, TypeError, ValueError):
            found.append(WrongDeclaration(file, 0, MISSHAPEN))
            continue
        found += [wrong for each in declared for wrong in _wrong(each, sources)]
    return found


def check_named(dbt: Path, named: Collection[str]) -> list[WrongDeclaration]:
    """Sources with extracts that no run would read: the project does not name them."""
    found: dict[str, WrongDeclaration] = {}
    for declared in read_declarations(dbt):
        source = str(declared.node["source_name"])
        if source not in named and read_contracts({"sources": {"": declared.node}}, ()):
            line = _line_of(declared.file.read_text(encoding="utf-8"), source)
            told = WrongDeclaration(declared.file, line, f"source {source} {UNNAMED}")
            found.setdefault(source, told)
    return [*found.values()]


def read_declarations(dbt: Path) -> list[Declaration]:
    """Every raw table that is declared."""
    files = sorted(dbt.glob(PATTERN))
    return [each for file in files for each in _declared(file)]


def _wrong(
    declared: Declaration, sources: Collection[str]
) -> Iterator[WrongDeclaration]:
    try:
        read_contracts({"sources": {"": declared.node}}, sources)
    except ContractError as error:
        yield WrongDeclaration(declared.file, declared.line, str(error))
    except (AttributeError, TypeError, ValueError):
        yield WrongDeclaration(declared.file, declared.line, MISSHAPEN)


def _declared(file: Path) -> Iterator[Declaration]:
    """The tables of a file, as dbt's manifest would have them."""
    text = file.read_text(encoding="utf-8")
    for source in (yaml.safe_load(text) or {}).get("sources") or ():
        for table in source.get("tables") or ():
            node = {
                "source_name": source["name"],
                "name": table["name"],
                "source_meta": {**_meta(source), **(source.get("meta") or {})},
                "meta": table.get("meta"),
                "config": {"meta": _meta(table)},
                "columns": {each["name"]: each for each in table.get("columns") or ()},
            }
            yield Declaration(file, _line_of(text, table["name"]), node)


def _meta(declared: Mapping[str, Any]) -> dict[str, Any]:
    return dict((declared.get("config") or {}).get("meta") or {})


def _line_of(text: str, table: str) -> int:
    """The line that names a table, 0 where it is written in another way."""
    found = re.search(rf"^ *- name: [\"']?{re.escape(table)}[\"']? *$", text, re.M)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _unreadable(file: Path, error: yaml.YAMLError) -> WrongDeclaration:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    message = f"cannot be read as YAML: {problem}; look at the indentation and quotes"
    return WrongDeclaration(file, mark.line + 1 if mark else 0, message)
