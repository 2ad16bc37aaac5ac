"""What was spent on each campaign and keyword, day by day."""

from collections import defaultdict
from decimal import Decimal

import numpy as np

from dagster_project.samples.world import (
    CURRENCY,
    DAY,
    REGIONS,
    SOURCES,
    Period,
    Source,
    day_text,
    stream,
)
from dagster_project.samples.writing import Folder, csv_text

HEADER = (
    "date",
    "channel",
    "campaign",
    "keyword",
    "region",
    "amount",
    "currency",
    "clicks",
    "impressions",
)
PRICES = {"PAID_SEARCH": 3.4, "PAID_SOCIAL": 1.9}


def write_spend(folder: Folder, period: Period, seed: int) -> dict[str, Decimal]:
    """A file a day, a row for each campaign, keyword and region; what channels cost."""
    rng = stream(seed, "spend")
    paid = [source for source in SOURCES if source.channel in PRICES]
    shape = (period.days, len(paid), len(REGIONS))
    growth = np.linspace(4, 9, period.days)[:, None, None]
    clicks = rng.poisson(growth * np.ones(shape))
    shown = clicks * rng.integers(15, 60, shape) + rng.integers(0, 40, shape)
    cost = clicks * (0.8 + 0.4 * rng.random(shape))
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for number in range(period.days):
        day = day_text(period.start_at // DAY + number)
        numbers = zip(clicks[number], shown[number], cost[number], strict=True)
        rows = [
            _row(day, source, region, int(clicked), int(seen), float(spent))
            for source, (a, b, c) in zip(paid, numbers, strict=True)
            for region, clicked, seen, spent in zip(REGIONS, a, b, c, strict=True)
        ]
        folder.write("ad_spend", f"{day}.csv", csv_text(HEADER, rows), len(rows))
        for _, channel, *_, amount, _, _, _ in rows:
            spent[str(channel)] += Decimal(str(amount))
    return dict(spent)


def _row(
    day: str, source: Source, region: str, clicks: int, shown: int, cost: float
) -> tuple[object, ...]:
    amount = f"{cost * PRICES[source.channel]:.2f}"
    names = (day, source.channel.lower(), source.campaign, source.keyword, region)
    return (*names, amount, CURRENCY, clicks, shown)
