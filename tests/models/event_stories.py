"""Customers' actions and event funnels told in short, and the attempts found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.models import stories
from tests.models.stories import Row
from tests.warehouse import Marts

DAY_SECONDS = 86_400


def event(event_id: str, name: str, time: str | datetime, **columns: Any) -> Row:
    """A web event of the plain source; without more it is nobody's."""
    times = time if isinstance(time, str) else time.isoformat()
    return {
        "event_id": event_id,
        "source_event": name,
        "occurred_at": times,
        "visitor_id": None,
        **columns,
    }


def alias(name: str, code: str | None = None, **columns: Any) -> Row:
    """A code for a source's event, which is its own code unless said otherwise."""
    return {
        "source_code": "plain",
        "source_event": name,
        "property_name": None,
        "property_value": None,
        "event_code": name if code is None else code,
        "actor_code": "customer",
        **columns,
    }


def funnel(code: str, **columns: Any) -> Row:
    """An ordered funnel of persons with a window of a day, unless said otherwise."""
    return {
        "funnel_code": code,
        "pipeline_code": None,
        "segment_code": None,
        "kind_code": "event",
        "unit_code": "person",
        "mode_code": "ordered",
        "window_seconds": DAY_SECONDS,
        "attribution_code": None,
        "entry_from": None,
        "entry_to": None,
        **columns,
    }


def step(funnel_code: str, order: int, match_code: str, **columns: Any) -> Row:
    return {
        "funnel_code": funnel_code,
        "step_order": order,
        "step_code": f"step_{order}",
        "match_kind": "event",
        "match_code": match_code,
        "property_name": None,
        "property_value": None,
        "from_step": None,
        "to_step": None,
        **columns,
    }


def steps(funnel_code: str, *match_codes: str) -> list[Row]:
    return [
        step(funnel_code, order, code)
        for order, code in enumerate(match_codes, start=1)
    ]


def exclusion(
    funnel_code: str, match_code: str, from_step: int, to_step: int, **columns: Any
) -> Row:
    own: Row = {"step_order": None, "step_code": f"no_{match_code}"}
    own |= {"match_kind": "exclusion", "from_step": from_step, "to_step": to_step}
    return {**step(funnel_code, 0, match_code), **own, **columns}


def seeds(
    funnels: Sequence[Row], funnel_steps: Sequence[Row], aliases: Sequence[Row]
) -> dict[str, Sequence[Row]]:
    """Seeds of these funnels alone, without any stage or channel."""
    return {
        **stories.registry([]),
        "funnels": funnels,
        "funnel_steps": funnel_steps,
        "event_aliases": aliases,
    }


@dataclass(frozen=True)
class Story:
    """A funnel and what its visitors do, apart from all other stories of a build.

    An act is "<time> <name> <device>", the device as it likes, the time of `day` where
    it has no date. Steps are names in order, with "|" between alternatives. A name that
    begins with "?" has no alias; one that begins with "-" has one that ignores it.
    """

    code: str
    acts: Mapping[str, Sequence[str]]
    steps: str = "a b"
    exclusions: Sequence[tuple[str, int, int]] = ()
    day: str = "2024-01-10"
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def events(self) -> list[Row]:
        return [
            self._event(visitor, number, act)
            for visitor, acts in self.acts.items()
            for number, act in enumerate(acts, start=1)
        ]

    @property
    def aliases(self) -> list[Row]:
        names = {row["source_event"] for row in self.events}
        said = [name for name in sorted(names) if not self._is(name, "?")]
        return [alias(name, "" if self._is(name, "-") else name) for name in said]

    @property
    def funnel(self) -> Row:
        return funnel(self.code, **self.columns)

    @property
    def funnel_steps(self) -> list[Row]:
        told = [
            step(self.code, order, self._own(name))
            for order, names in enumerate(self.steps.split(), start=1)
            for name in names.split("|")
        ]
        return told + [
            exclusion(self.code, self._own(name), first, last)
            for name, first, last in self.exclusions
        ]

    def _event(self, visitor: str, number: int, act: str) -> Row:
        time, name, *device = act.split()
        return event(
            f"{self.code}/{visitor}/{number}",
            self._own(name),
            time if "T" in time else f"{self.day}T{time}",
            visitor_id=self._own(visitor),
            device=device[0] if device else None,
        )

    def _own(self, name: str) -> str:
        return f"{self.code}/{name}"

    def _is(self, name: str, mark: str) -> bool:
        return name.startswith(self._own(mark))


@dataclass(frozen=True)
class Attempt:
    """A row of `fct_funnel_attempts`, its unit by the name that the events gave it."""

    unit: str
    entry_month: date
    level: int
    is_excluded: bool
    device: str | None
    times: tuple[datetime, ...]

    def reached(self, order: int) -> bool:
        return not self.is_excluded and self.level >= order

    def seconds_between(self, first: int, last: int) -> float:
        """From one step to another; unordered, from the n-th filled to the m-th."""
        return (self.times[last - 1] - self.times[first - 1]).total_seconds()


def attempts(marts: Marts, funnel_code: str) -> list[Attempt]:
    names = _units(marts)
    query = "select * from marts.fct_funnel_attempts where funnel_code = ?"
    return [_attempt(row, names) for row in marts.rows(query, funnel_code)]


def counts(marts: Marts, funnel_code: str) -> list[Row]:
    """The steps of a funnel over all months, segments and channels."""
    return marts.rows(
        """
        select
            step_order, entered_count, reached_count, excluded_count,
            median_seconds_from_previous
        from marts.fct_event_funnels
        where funnel_code = ? and is_all_months
            and segment_code = 'all' and channel_code = 'all'
        order by step_order
        """,
        funnel_code,
    )


def _units(marts: Marts) -> dict[str, str]:
    """Visitors by the ids of units: their own, and those of persons without a name."""
    rows = marts("select person_id, visitor_id from marts.fct_web_sessions")
    known = [(person, visitor) for person, visitor in rows if visitor]
    return dict(known) | {f"plain/{visitor}": visitor for _, visitor in known}


def _attempt(row: Mapping[str, Any], names: Mapping[str, str]) -> Attempt:
    times = json.loads(row["step_times"]).values()
    return Attempt(
        unit=names.get(row["unit_id"], row["unit_id"]),
        entry_month=row["entry_month"],
        level=row["furthest_step_order"],
        is_excluded=row["is_excluded"],
        device=row["device"],
        times=tuple(sorted(datetime.fromisoformat(time) for time in times)),
    )
