"""Every setting, in one typed place: the environment first, then the default.

No secret has a default; what is not set is made on the machine and never leaves it.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("duckdb", "spark")
SERVERS = ("postgresql",)
# Signs of a path that stand for something else: in SQL, patterns of files and URLs.
UNFIT = re.compile(r"['*?\[\]{}\\]|%[0-9A-Fa-f]{2}")


class SettingError(ValueError):
    """A setting that cannot be used; the message names it and what to do."""


@dataclass(frozen=True)
class Settings:
    """Settings of one run.

    `sources` empty means every source that `dbt_project.yml` names.
    """

    extracts: Path
    data: Path
    seeds: Path
    sources: tuple[str, ...]
    timezone: str
    home_currency: str
    memory_limit: str
    threads: int
    keep_generations: int
    webhook_url: str | None
    pii_salt: str | None
    engine: str = "duckdb"
    publish_to: str | None = None
    postgres_url: str | None = field(default=None, repr=False)
    postgres_schema: str = "funnelhouse"
    postgres_reader: str | None = None

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ
    ) -> "Settings":
        """Read `FUNNELHOUSE_*`.

        Raises:
            SettingError: a value that is no number, no time zone, out of range, or a
                path that DuckDB cannot be asked for.
        """

        def value(name: str, default: str = "") -> str:
            return environment.get(f"FUNNELHOUSE_{name}", "").strip() or default

        data = _data_folder(Path(value("DATA", str(ROOT / "data"))).absolute())
        return cls(
            extracts=Path(value("EXTRACTS", str(data / "extracts"))).absolute(),
            data=data,
            seeds=Path(value("SEEDS", str(ROOT / "seeds"))).absolute(),
            sources=tuple(filter(None, map(str.strip, value("SOURCES").split(",")))),
            timezone=_zone(value("TIMEZONE", "UTC")),
            home_currency=value("HOME_CURRENCY", "USD").upper(),
            memory_limit=_size("MEMORY_LIMIT", value("MEMORY_LIMIT", "4GB")),
            threads=_positive("THREADS", value("THREADS", str(os.cpu_count() or 1))),
            keep_generations=_positive("KEEP", value("KEEP", "7")),
            webhook_url=value("WEBHOOK_URL") or None,
            pii_salt=value("PII_SALT") or None,
            engine=_engine(value("ENGINE", "duckdb").lower()),
            publish_to=_server(value("PUBLISH_TO").lower()),
            postgres_url=value("POSTGRES_URL") or None,
            postgres_schema=value("POSTGRES_SCHEMA", "funnelhouse"),
            postgres_reader=value("POSTGRES_READER") or None,
        )


def _data_folder(folder: Path) -> Path:
    """A folder whose files may be named in SQL and asked for by patterns."""
    unfit = UNFIT.search(str(folder))
    if unfit:
        raise SettingError(
            f"FUNNELHOUSE_DATA: the path {folder} holds {unfit[0]}, which would be "
            "read as something else; choose a folder without it"
        )
    return folder


def _engine(name: str) -> str:
    if name not in ENGINES:
        raise SettingError(
            f"FUNNELHOUSE_ENGINE: {name!r} is none of {', '.join(ENGINES)}"
        )
    return name


def _server(name: str) -> str | None:
    if name and name not in SERVERS:
        raise SettingError(
            f"FUNNELHOUSE_PUBLISH_TO: {name!r} is none of {', '.join(SERVERS)}"
        )
    return name or None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError(
            f"FUNNELHOUSE_TIMEZONE: {name!r} is no time zone; "
            "use an IANA name such as America/Sao_Paulo"
        ) from error
    return name


def _size(name: str, text: str) -> str:
    """As DuckDB reads sizes: in powers of a thousand (GB) or of 1,024 (GiB)."""
    if not re.fullmatch(r"\d+([.]\d+)? ?[KMGT](i?B)?", text, re.IGNORECASE):
        raise SettingError(
            f"FUNNELHOUSE_{name}: {text!r} is no size with its unit, such as 4GB"
        )
    return text


def _positive(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(
            f"FUNNELHOUSE_{name}: {text!r} is not a whole number above 0"
        )
    return int(text)
