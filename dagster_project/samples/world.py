"""The made-up company: its pipelines, channels, campaigns, pages and period."""

import zlib
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np

DAY = 86_400
Item = TypeVar("Item")


@dataclass(frozen=True)
class Stage:
    """A stage as the CRM spells it; `order` is its place in the pipeline."""

    stage_id: str
    label: str
    order: int
    probability: float
    is_won: bool = False
    is_lost: bool = False

    @property
    def is_closed(self) -> bool:
        return self.is_won or self.is_lost


@dataclass(frozen=True)
class Pipeline:
    """Steps in order, and the stage of those that said no."""

    pipeline_id: str
    label: str
    steps: tuple[Stage, ...]
    lost: Stage

    @property
    def first_won(self) -> int:
        return next(i for i, stage in enumerate(self.steps) if stage.is_won)


SALES = Pipeline(
    "default",
    "Sales Pipeline",
    (
        Stage("appointmentscheduled", "Inquiry received", 0, 0.1),
        Stage("qualifiedtobuy", "Needs confirmed", 1, 0.2),
        Stage("presentationscheduled", "Presentation Scheduled", 2, 0.4),
        Stage("decisionmakerboughtin", "Decision Maker Bought-In", 3, 0.6),
        Stage("contractsent", "Contract Sent", 4, 0.8),
        Stage("closedwon", "Closed Won", 5, 1.0, is_won=True),
        Stage("1028374660", "Installed and handed over", 6, 1.0, is_won=True),
    ),
    Stage("closedlost", "Closed Lost", 7, 0.0, is_lost=True),
)
PARTNER = Pipeline(
    "7340211",
    "Partner Pipeline",
    (
        Stage("7340212", "Partner lead", 0, 0.15),
        Stage("7340213", "Partner lead accepted", 1, 0.35),
        Stage("7340214", "Terms with partner", 2, 0.75),
        Stage("7340215", "Partner sale", 3, 1.0, is_won=True),
    ),
    Stage("7340216", "Partner lead lost", 4, 0.0, is_lost=True),
)
PIPELINES = (SALES, PARTNER)
REPLACED = SALES.steps[3]
REPLACEMENT = Stage("1028374651", "Proposal reviewed by the buyer", 3, 0.6)
RENAMED_LABELS = {
    "presentationscheduled": "Demo attended by the buyer",
    REPLACED.stage_id: "Decision Maker Bought-In (retired)",
}
UNREGISTERED = Stage("9990001", "", 98, 0.5)

SEGMENTS = ("referred", "researcher", "quick", "other")
REFERRED, RESEARCHER, QUICK, OTHER = SEGMENTS
SEGMENT_SHARES = {RESEARCHER: 0.32, QUICK: 0.24, OTHER: 0.44}
REFERRALS, OFFLINE = "REFERRALS", "OFFLINE"
CHANNEL_SHARES = {
    "ORGANIC_SEARCH": 0.27,
    "PAID_SEARCH": 0.22,
    "EMAIL_MARKETING": 0.11,
    REFERRALS: 0.13,
    "DIRECT_TRAFFIC": 0.11,
    "SOCIAL_MEDIA": 0.06,
    "PAID_SOCIAL": 0.06,
    OFFLINE: 0.04,
}
PARTNER_CHANNEL_SHARES = {
    REFERRALS: 0.35,
    OFFLINE: 0.3,
    "DIRECT_TRAFFIC": 0.2,
    "EMAIL_MARKETING": 0.15,
}
REPEAT_CHANNEL_SHARES = {
    "DIRECT_TRAFFIC": 0.5,
    "EMAIL_MARKETING": 0.28,
    "ORGANIC_SEARCH": 0.14,
    REFERRALS: 0.08,
}
PRODUCTS = {"Solar Roof": 24_000, "Heat Pump": 16_000, "Home Battery": 9_000}
REGIONS = ("Northeast", "Midwest", "South", "West")
LOSS_REASONS = (
    "Price",
    "Chose a competitor",
    "No budget this year",
    "No answer",
    "Roof or site not suitable",
    "Project postponed",
)
CURRENCY = "USD"
PORTAL_ID = 7_340_001
GUIDE = "Guide"


@dataclass(frozen=True)
class Source:
    """Where a session came from: campaign parameters, or a referring page."""

    channel: str
    referrer: str = ""
    origin: str = ""
    medium: str = ""
    campaign: str = ""
    keyword: str = ""
    content: str = ""


def _paid_search() -> list[Source]:
    keywords = {
        "solar-search": ("solar panels cost", "solar roof installer", "solar quote"),
        "heat-pump-search": ("heat pump price", "heat pump vs gas"),
        "brand-search": ("sunny house", "sunny house reviews"),
    }
    return [
        Source("PAID_SEARCH", "https://www.google.com/", "google", "cpc", name, term)
        for name, terms in keywords.items()
        for term in terms
    ]


SOURCES = (
    Source("DIRECT_TRAFFIC"),
    Source("ORGANIC_SEARCH", "https://www.google.com/"),
    Source("ORGANIC_SEARCH", "https://www.bing.com/"),
    *_paid_search(),
    Source("EMAIL_MARKETING", "", "newsletter", "email", "monthly-letter", "", "top"),
    Source(
        "EMAIL_MARKETING", "", "newsletter", "email", "offer-reminder", "", "button"
    ),
    Source(REFERRALS, "https://neighbours.example.org/solar"),
    Source(REFERRALS, "https://reviews.example.org/installers?sort=best"),
    Source("SOCIAL_MEDIA", "https://www.linkedin.com/"),
    Source("SOCIAL_MEDIA", "https://www.facebook.com/"),
    Source(
        "PAID_SOCIAL",
        "https://www.facebook.com/",
        "facebook",
        "paid_social",
        "spring-social",
        "",
        "video",
    ),
    Source(
        "PAID_SOCIAL",
        "https://www.linkedin.com/",
        "linkedin",
        "paid_social",
        "neighbours-social",
        "",
        "carousel",
    ),
)


@dataclass(frozen=True)
class Page:
    """A page of the site; `weight` is how often a stranger opens it."""

    path: str
    title: str
    category: str
    weight: float
    product: str = ""


def _product_pages() -> list[Page]:
    made = []
    for product in PRODUCTS:
        slug = product.lower().replace(" ", "-")
        made.append(Page(f"/{slug}", product, "Product", 5, product))
        made.append(
            Page(f"/{slug}/pricing", f"{product}: prices", "Pricing", 2, product)
        )
        made.append(
            Page(f"/{slug}/case", f"{product}: a house like yours", "Case", 1, product)
        )
    return made


def _guides() -> list[Page]:
    titles = {
        "how-solar-works": "How solar works",
        "roof-check": 'Is my roof suitable? The "shadow" test',
        "subsidies": "Subsidies, loans & taxes",
        "payback": "When does it pay back?",
        "heat-pump-basics": "Heat pumps in old houses",
        "noise": "How loud is a heat pump?",
        "battery-size": "Which battery size?",
        "choosing-an-installer": "Choosing an installer",
        "permits": "Permits, step by step",
        "maintenance": "Maintenance and warranty",
    }
    return [
        Page(f"/guides/{slug}", title, GUIDE, 1.3) for slug, title in titles.items()
    ]


PAGES = (
    Page("/", "Sunny House", "Home", 18),
    *_product_pages(),
    *_guides(),
    Page("/blog/winter-yield", "Solar in winter", "Blog", 4),
    Page("/blog/tariffs", "Tariffs explained", "Blog", 3),
    Page("/blog/customer-stories", "Stories from the roof", "Blog", 2),
    Page("/about", "About us", "Company", 2),
    Page("/faq", "Questions and answers", "Help", 2),
    Page("/contact", "Ask for an offer", "Contact", 3),
)
CONTACT_PAGE = len(PAGES) - 1
FORM_EVENT = "Form Submitted"
BROWSING_EVENTS = (
    "Video Played",
    "Price Calculated",
    "Brochure Downloaded",
    "Chat Started",
)
PROOFS = {
    "presentationscheduled": "Demo Attended",
    "decisionmakerboughtin": "Proposal Viewed",
    "1028374651": "Proposal Viewed",
    "contractsent": "Agreement Signed",
    "7340214": "Agreement Signed",
    "1028374660": "Handover Confirmed",
}


@dataclass(frozen=True)
class Period:
    """The days the extracts cover; instants are seconds since 1970, UTC."""

    start: date
    end: date
    middle: date

    @classmethod
    def ending(cls, end: date, months: int) -> "Period":
        start = _months_later(end.replace(day=1), 1 - months)
        middle = _months_later(start, months // 2)
        return cls(start, end, middle if months > 1 else start + timedelta(days=15))

    @property
    def start_at(self) -> int:
        return instant(self.start)

    @property
    def middle_at(self) -> int:
        return instant(self.middle)

    @property
    def end_at(self) -> int:
        """Nothing happens after this: ten seconds before the last midnight."""
        return instant(self.end) + DAY - 10

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def _months_later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


@cache
def instant(day: date) -> int:
    """Midnight of a day in seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@cache
def day_text(day: int) -> str:
    """ISO date of a day counted from 1970."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def clock_text(at: int, separator: str = " ") -> str:
    """A UTC timestamp without zone, to the second."""
    day, second = divmod(at, DAY)
    hour, rest = divmod(second, 3600)
    minute, second = divmod(rest, 60)
    return f"{day_text(day)}{separator}{hour:02}:{minute:02}:{second:02}"


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each part, so that one part never shifts another."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@dataclass(frozen=True)
class Lottery:
    """Draws names by their shares."""

    shares: Mapping[str, float]
    bounds: list[float] = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", list(accumulate(self.shares.values())))
        object.__setattr__(self, "names", list(self.shares))

    def draw(self, rng: np.random.Generator) -> str:
        at = bisect(self.bounds, rng.random() * self.bounds[-1])
        return self.names[min(at, len(self.names) - 1)]


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of them, each as likely (far faster than `Generator.choice`)."""
    return items[int(rng.random() * len(items))]


def moments(rng: np.random.Generator, period: Period, count: int) -> np.ndarray:
    """Instants with growth, weekdays and daytime, from the fourth day on, sorted."""
    days = np.arange(3, period.days)
    weekday = (days + period.start.weekday()) % 7
    weights = np.array([1.1, 1.15, 1.1, 1.05, 0.95, 0.55, 0.5])[weekday]
    weights = weights * (1 + 0.7 * days / period.days)
    drawn = rng.choice(days, size=count, p=weights / weights.sum())
    hours = np.clip(rng.normal(15.5, 3.6, count), 0.1, 23.9)
    at = period.start_at + drawn * DAY + (hours * 3600).astype(np.int64)
    return np.sort(at)
