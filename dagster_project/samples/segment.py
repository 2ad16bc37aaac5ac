"""Calls as Segment's JSON lines, a file for each day of receipt."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from dagster_project.samples.calls import AGENTS, Bodies, Calls, Devices, Ints, compact
from dagster_project.samples.world import DAY, Period, day_text
from dagster_project.samples.writing import Folder

DAY_MS = DAY * 1000
LATE_SHARE = 0.004
SKEWED_SHARE = 0.03


def write_segment(
    folder: Folder,
    period: Period,
    calls: Calls,
    bodies: Bodies,
    devices: Devices,
    rng: np.random.Generator,
) -> None:
    """Lines in order of receipt."""
    delay = _delays(rng, calls, bodies, (period.end_at + 9) * 1000)
    order = np.argsort(calls.at + delay, kind="stable")
    calls = Calls(calls.at[order], calls.device[order], calls.body[order])
    received = calls.at + delay[order]
    lines = _Lines(rng, bodies, devices)
    for start, stop in _days(received):
        part = Calls(
            calls.at[start:stop], calls.device[start:stop], calls.body[start:stop]
        )
        text = "".join(lines.of(part, received[start:stop]))
        name = f"{day_text(int(received[start] // DAY_MS))}.jsonl"
        folder.write("segment", name, text, stop - start)


def _delays(rng: np.random.Generator, calls: Calls, bodies: Bodies, last: int) -> Ints:
    """Milliseconds to receipt: mostly one second; some page views days, from phones."""
    soon = rng.integers(200, 1800, len(calls))
    late = rng.integers(DAY_MS // 2, 3 * DAY_MS, len(calls))
    is_late = (rng.random(len(calls)) < LATE_SHARE) & (calls.body < bodies.first_track)
    delay = np.where(is_late & (calls.at + late < last), late, soon)
    return np.minimum(delay, last - calls.at)


def _days(received: Ints) -> Iterator[tuple[int, int]]:
    """Where each day of receipt starts and stops."""
    days = received // DAY_MS
    cuts = np.flatnonzero(np.diff(days)) + 1
    bounds = [0, *cuts.tolist(), len(received)]
    return pairwise(bounds)


class _Lines:
    """Puts lines together from parts that are JSON already."""

    def __init__(
        self, rng: np.random.Generator, bodies: Bodies, devices: Devices
    ) -> None:
        self.rng = rng
        self.bodies = bodies.texts
        self.known_from = np.array(devices.known_from, dtype=np.int64)
        count = len(devices.regions)
        drawn = rng.bytes(8 * count).hex()
        names = [drawn[place : place + 16] for place in range(0, 16 * count, 16)]
        # Twice as many heads as devices: before and after the user is known.
        self.heads = [f'{name}","userId":null,' for name in names]
        users = zip(names, devices.users, strict=True)
        self.heads += [f'{name}","userId":"{user}",' for name, user in users]
        tails = [_agent_json(*agent) for agent in AGENTS]
        self.tails = [tails[agent] for agent in devices.agents]
        is_skewed = rng.random(count) < SKEWED_SHARE
        self.skews = np.where(is_skewed, rng.integers(-400_000, 90_000, count), 0)

    def of(self, calls: Calls, received: Ints) -> Iterator[str]:
        """The lines of one day."""
        ids = self.rng.bytes(12 * len(calls)).hex()
        known = calls.at >= self.known_from[calls.device]
        columns = zip(
            range(0, 24 * len(calls), 24),
            (calls.device + known * len(self.tails)).tolist(),
            calls.body.tolist(),
            calls.device.tolist(),
            *self._times(calls, received),
            strict=True,
        )
        for place, head, body, device, first, sent, came, at in columns:
            yield (
                f'{{"messageId":"{ids[place : place + 24]}","anonymousId":"'
                f"{self.heads[head]}{self.bodies[body]}{self.tails[device]},"
                f'"originalTimestamp":"{first}Z","sentAt":"{sent}Z",'
                f'"receivedAt":"{came}Z","timestamp":"{at}Z"}}\n'
            )

    def _times(self, calls: Calls, received: Ints) -> Iterator[list[str]]:
        """Original, sent, received and true times; few clocks are wrong."""
        true_times = (_iso(calls.at), _iso(received))
        skews = self.skews[calls.device]
        wrong = np.flatnonzero(skews)
        for texts, times in zip(true_times, (calls.at, received), strict=True):
            shown = texts.copy()
            shifted = _iso((times + skews)[wrong])
            for place, text in zip(wrong.tolist(), shifted, strict=True):
                shown[place] = text
            yield shown
        yield from reversed(true_times)


def _agent_json(kind: str, locale: str, agent: str) -> str:
    """The rest of `context`, with its closing brace."""
    named = compact({"userAgent": agent, "locale": locale, "device": {"type": kind}})
    return f",{named[1:]}"


def _iso(at: Ints) -> list[str]:
    made: list[str] = np.datetime_as_string(at.astype("datetime64[ms]")).tolist()
    return made
