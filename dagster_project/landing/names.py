"""Column names of raw tables: which are ours, which clash, how they are spelled."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from dagster_project.landing.contract import Contract
from dagster_project.landing.incoming import RefusedError

RESERVED = ("_source_", "_file_sha256", "_extracted_at", "_batch_id")
MAX_COLUMNS = 4096
ASCII_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(65, 91)})


def folded(name: str) -> str:
    """DuckDB holds two names to be one when only ASCII case tells them apart."""
    return name.translate(ASCII_LOWER)


def problem_of(name: str) -> str:
    """Why a column cannot bear this name; empty where it can."""
    if not name.strip():
        return "a column has no name"
    if "\0" in name:
        return f"column name {name!r} holds a NUL"
    if folded(name).startswith(RESERVED):
        return f"column name {name!r} is reserved for lineage"
    return ""


def listed(names: Iterable[str], most: int = 10) -> str:
    """Names for a message, cut where there are very many."""
    all_names = [repr(name[:100]) for name in names]
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


class Spelling:
    """Maps names as files write them to one column name each, declared ones first."""

    def __init__(self, contract: Contract) -> None:
        self._known = {folded(column.name): column.name for column in contract.columns}

    def of(self, name: str) -> str:
        return self._known.setdefault(folded(name), name)

    def __len__(self) -> int:
        return len(self._known)


def key_columns(columns: Sequence[str], contract: Contract) -> tuple[int, ...]:
    """Where the columns of the declared key stand among `columns`."""
    spelling = Spelling(contract)
    names = {spelling.of(name) for name in contract.key}
    return tuple(number for number, name in enumerate(columns) if name in names)


def key_fault(contract: Contract) -> str:
    """Of a row that nothing could tell from another."""
    several = len(contract.key) > 1
    return (
        f"{', '.join(contract.key)} {'are all' if several else 'is'} empty, which "
        "leaves the row without a key; fill in the key, or leave the row out"
    )


def read_header(header: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """The column names of a file with a header, spelled as declared.

    Raises:
        RefusedError: names that are missing, doubled, empty, reserved or not allowed.
    """
    if len(header) > MAX_COLUMNS:
        raise RefusedError(
            f"header has {len(header)} columns, more than the {MAX_COLUMNS} allowed; "
            "check the delimiter, or split the extract"
        )
    for name in header:
        if problem := problem_of(name):
            raise RefusedError(f"header: {problem}; rename it in the extract")
    spelling = Spelling(contract)
    columns = tuple(map(spelling.of, header))
    check_doubled(header)
    check_missing(columns, contract, f"header: {listed(header)}")
    check_frozen(columns, contract)
    return columns


def check_doubled(header: Sequence[str]) -> None:
    times = Counter(map(folded, header))
    doubled = [name for name in header if times[folded(name)] > 1]
    if doubled:
        raise RefusedError(
            f"header names a column twice (case does not count): {listed(doubled)}; "
            "rename one in the extract"
        )


def check_missing(columns: Collection[str], contract: Contract, found: str) -> None:
    present = set(columns)
    missing = [name for name in contract.required if name not in present]
    if missing:
        raise RefusedError(
            f"required columns are missing: {listed(missing)} ({found}); mend the "
            "extract, its delimiter, or declare them with meta.required: false"
        )


def check_frozen(columns: Iterable[str], contract: Contract) -> None:
    if contract.schema_change != "freeze":
        return
    declared = {column.name for column in contract.columns}
    extra = [name for name in columns if name not in declared]
    if extra:
        raise RefusedError(
            f"columns are not declared and schema_change is freeze: {listed(extra)}; "
            "declare them, or set schema_change: evolve"
        )
