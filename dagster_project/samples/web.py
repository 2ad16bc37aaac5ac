"""What people and strangers do on the site, as columns of calls."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dagster_project.samples.calls import (
    AGENTS,
    INTERNAL,
    TRACKS,
    Bodies,
    Calls,
    Devices,
    Ints,
)
from dagster_project.samples.deals import Deal
from dagster_project.samples.world import (
    BROWSING_EVENTS,
    CONTACT_PAGE,
    DAY,
    FORM_EVENT,
    GUIDE,
    PAGES,
    PRODUCTS,
    PROOFS,
    QUICK,
    REFERRED,
    REGIONS,
    RESEARCHER,
    SOURCES,
    Period,
    moments,
    pick,
    stream,
)

HOUR_MS = 3_600_000
WEIGHTS = np.array([page.weight for page in PAGES])
IS_GUIDE = np.array([page.category == GUIDE for page in PAGES])
GUIDES = np.flatnonzero(IS_GUIDE)
PLAIN_BOUNDS: list[float] = np.cumsum(np.where(IS_GUIDE, 0.0, WEIGHTS)).tolist()
SOURCES_OF = {
    channel: [n for n, s in enumerate(SOURCES) if s.channel == channel]
    for channel in dict.fromkeys(source.channel for source in SOURCES)
}
DEVICE_WEIGHTS = np.array([0.3, 0.15, 0.22, 0.16, 0.07, 0.1])
DEVICE_BOUNDS: list[float] = [*np.cumsum(DEVICE_WEIGHTS[:-1]).tolist(), 1.0]
PROOF_SHARE = 0.75
LARGEST_VISITOR = 900


class TooFewEventsError(ValueError):
    """Fewer events were asked for than the deals' own web histories need."""


@dataclass
class Site:
    """Collects calls; `ease` (0 to 1) is how much people browse beyond need."""

    period: Period
    rng: np.random.Generator
    ease: float
    bodies: Bodies = field(default_factory=Bodies)
    devices: Devices = field(default_factory=Devices)
    at: list[int] = field(default_factory=list)
    device: list[int] = field(default_factory=list)
    body: list[int] = field(default_factory=list)
    of_person: dict[int, list[int]] = field(default_factory=dict)

    @property
    def end_ms(self) -> int:
        return self.period.end_at * 1000

    def call(self, at: int, device: int, body: int) -> None:
        self.at.append(at)
        self.device.append(device)
        self.body.append(body)

    def page(self, at: int, device: int, page: int, source: int = INTERNAL) -> None:
        region = self.devices.regions[device]
        number = (page * (len(SOURCES) + 1) + source) * len(REGIONS) + region
        self.call(at, device, number)

    def pages(
        self, at: int, device: int, source: int, pages: list[int], gaps: list[int]
    ) -> None:
        """One session: landing from a source, then from page to page."""
        for page, gap in zip(pages, gaps, strict=True):
            self.page(at, device, page, source)
            at, source = at + gap, INTERNAL

    def track(self, at: int, device: int, event: str, product: str) -> None:
        region = self.devices.regions[device]
        within = TRACKS.index(event) * len(REGIONS) + region
        place = within * len(PRODUCTS) + list(PRODUCTS).index(product)
        self.call(at, device, self.bodies.first_track + place)

    def calls(self) -> Calls:
        columns = (self.at, self.device, self.body)
        return Calls(*(np.array(column, dtype=np.int64) for column in columns))


def make_calls(
    period: Period, deals: Sequence[Deal], events: int, seed: int
) -> tuple[Calls, Bodies, Devices, int]:
    """Exactly so many calls; the last figure counts forms no deal answers to."""
    ease = min(1.0, max(0.0, (0.55 * events / len(deals) - 7) / 16))
    site = Site(period, stream(seed, "web"), ease)
    for deal in deals:
        if deal.has_web:
            _inquiry(site, deal)
    unrecorded = _unrecorded_forms(site, max(1, len(deals) // 100))
    if len(site.at) > events:
        raise TooFewEventsError(
            f"{events} events are too few for {len(deals)} deals, whose inquiries "
            f"alone take {len(site.at)}; ask for at least {len(site.at)} events"
        )
    own = site.calls()
    strangers = _strangers(site, events - len(own))
    return Calls.joined([own, strangers]), site.bodies, site.devices, unrecorded


def _inquiry(site: Site, deal: Deal) -> None:
    """Reading before, the form seconds before the deal, and what follows."""
    form_at = deal.entered_at * 1000 - int(1500 + site.rng.random() * 3500)
    person = deal.person.contact_id
    is_known = person in site.of_person
    if not is_known:
        site.of_person[person] = _new_devices(site, deal, form_at)
        _reading(site, deal, form_at)
    device = site.of_person[person][0]
    if is_known:
        _session_before(site, deal, device, form_at, [])
    site.call(form_at - 300, device, site.bodies.identify(deal.person))
    site.track(form_at, device, FORM_EVENT, deal.product)
    if deal.survivor is None:
        _proofs(site, deal, device)
        _later_visits(site, deal)


def _new_devices(site: Site, deal: Deal, form_at: int) -> list[int]:
    """The device of the form, and perhaps others, known by a login of their own."""
    region = REGIONS.index(deal.region)
    user = deal.person.contact_id
    made = [site.devices.add(region, _agent(site), user, form_at - 300)]
    drawn = site.rng.random()
    for _ in range((drawn < 0.3) + (drawn < 0.06)):
        login = form_at + int((0.5 + 47 * site.rng.random()) * HOUR_MS)
        if login < site.end_ms and deal.segment != QUICK:
            device = site.devices.add(region, _agent(site), user, login)
            source = pick(site.rng, SOURCES_OF["EMAIL_MARKETING"])
            site.page(login - 4000, device, 0, source)
            site.call(login, device, site.bodies.identify(deal.person))
            made.append(device)
    return made


def _agent(site: Site) -> int:
    return bisect(DEVICE_BOUNDS, site.rng.random() * DEVICE_BOUNDS[-1])


def _reading(site: Site, deal: Deal, form_at: int) -> None:
    """Sessions before the inquiry: the planted guides and some other pages."""
    guides = [int(n) for n in site.rng.choice(GUIDES, deal.person.guide_views)]
    devices = site.of_person[deal.person.contact_id]
    first_at = _first_visit(site, deal, form_at)
    if first_at is None:
        _session_before(site, deal, devices[0], form_at, guides)
        return
    count = 1 + min(int(site.rng.exponential(1.6) * site.ease), 9)
    split = [guides[n :: count + 1] for n in range(count + 1)]
    for number in range(count):
        share = 0.05 + 0.85 * site.rng.random() if number else 0.0
        at = first_at + int((form_at - first_at) * share)
        device = pick(site.rng, devices) if number else devices[-1]
        source = _source(site, deal, 0.4 if number else 1.0)
        _session(site, device, at, (source, split[number]), form_at)
    _session_before(site, deal, devices[0], form_at, split[count])


def _first_visit(site: Site, deal: Deal, form_at: int) -> int | None:
    """When the person first came; none where it all happens in one session."""
    drawn = site.rng.random()
    is_short = deal.segment in (REFERRED, RESEARCHER) and drawn < 0.15
    if (deal.segment == QUICK and drawn < 0.7) or is_short:
        return None
    if deal.segment == QUICK:
        return form_at - int((5 + 14 * site.rng.random()) * HOUR_MS)
    room = form_at - site.period.start_at * 1000 - 1
    days = 2.2 + 20 * np.exp(0.9 * site.rng.standard_normal())
    return form_at - min(int(days * DAY * 1000), int(room * 0.98))


def _session(
    site: Site, device: int, at: int, visit: tuple[int, list[int]], until: int
) -> None:
    """Pages from an instant on, none later than an hour before the inquiry."""
    source, guides = visit
    pages = _pages(site, guides)
    gaps = _gaps(site, len(pages))
    site.pages(min(at, until - sum(gaps) - HOUR_MS), device, source, pages, gaps)


def _session_before(
    site: Site, deal: Deal, device: int, form_at: int, guides: list[int]
) -> None:
    """The session that ends in the form."""
    pages = [*_pages(site, guides), CONTACT_PAGE] if site.ease else guides
    pages = pages or [CONTACT_PAGE]
    gaps = _gaps(site, len(pages))
    source = _source(site, deal, own_share=1.0)
    site.pages(form_at - sum(gaps) - 1000, device, source, pages, gaps)


def _pages(site: Site, guides: list[int]) -> list[int]:
    """The guides of a session with other pages among them, at least one page."""
    more = min(int(site.rng.exponential(2.2) * site.ease), 12)
    pages = [*_plain_pages(site.rng, more or int(not guides)), *guides]
    return [pages[n] for n in site.rng.permutation(len(pages))]


def _plain_pages(rng: np.random.Generator, count: int) -> list[int]:
    drawn = rng.random(count).tolist()
    return [bisect(PLAIN_BOUNDS, share * PLAIN_BOUNDS[-1]) for share in drawn]


def _gaps(site: Site, count: int) -> list[int]:
    """Milliseconds on each page: under ten minutes."""
    drawn = site.rng.exponential(55_000, count).tolist()
    return [int(min(max(gap, 2_000), 590_000)) for gap in drawn]


def _source(site: Site, deal: Deal, own_share: float) -> int:
    """The deal's own channel, else people come back by themselves or by letter."""
    if site.rng.random() < own_share:
        return pick(site.rng, SOURCES_OF[deal.channel])
    channel = pick(site.rng, ("DIRECT_TRAFFIC", "DIRECT_TRAFFIC", "EMAIL_MARKETING"))
    return pick(site.rng, SOURCES_OF[channel])


def _proofs(site: Site, deal: Deal, device: int) -> None:
    """Customer events that prove a stage, hours before the seller records it."""
    for before, move in pairwise(deal.moves):
        event = PROOFS.get(move.stage.stage_id)
        lag = int(min(move.at - before.at, site.rng.exponential(6 * 3600)) * 1000)
        is_forward = move.stage.order > before.stage.order
        if event and is_forward and site.rng.random() < PROOF_SHARE:
            site.track(move.at * 1000 - lag, device, event, deal.product)
            deal.proofs.add(event)


def _later_visits(site: Site, deal: Deal) -> None:
    """Sessions after the inquiry; never guides, which would count for a later deal."""
    devices = site.of_person[deal.person.contact_id]
    for _ in range(int(site.rng.poisson(2.0 * site.ease))):
        device = pick(site.rng, devices)
        at = deal.entered_at * 1000 + int((2 + 1500 * site.rng.random()) * HOUR_MS)
        pages = _pages(site, [])
        gaps = _gaps(site, len(pages))
        if at + sum(gaps) < site.end_ms:
            source = _source(site, deal, own_share=0)
            site.pages(at, device, source, pages, gaps)


def _unrecorded_forms(site: Site, count: int) -> int:
    """Forms of people the CRM never heard of."""
    for number, entered in enumerate(moments(site.rng, site.period, count).tolist()):
        device = site.devices.add(int(site.rng.random() * len(REGIONS)), _agent(site))
        at = min(entered, site.period.end_at - 3600) * 1000
        traits = {"email": f"never.called.back.{number}@example.org"}
        site.page(at - 90_000, device, CONTACT_PAGE, 0)
        site.call(at - 300, device, site.bodies.identify_traits(traits))
        site.track(at, device, FORM_EVENT, pick(site.rng, list(PRODUCTS)))
    return count


def _strangers(site: Site, count: int) -> Calls:
    """Anonymous visitors: most see one page, a few come for hundreds of events."""
    rng = site.rng
    sizes = _sizes(rng, count)
    visitors = len(sizes)
    agents = rng.choice(len(AGENTS), visitors, p=DEVICE_WEIGHTS)
    devices = site.devices.add_many(rng.integers(0, len(REGIONS), visitors), agents)
    visitor = np.repeat(np.arange(visitors), sizes)
    first = np.r_[True, visitor[1:] != visitor[:-1]][: len(visitor)]
    landing = first | (rng.random(count) < 0.2)
    at = _times(site.period, rng, sizes, visitor, landing)
    body = _browsing(
        site, rng, landing, np.asarray(site.devices.regions)[devices][visitor]
    )
    return Calls(at, devices[visitor], body)


def _sizes(rng: np.random.Generator, count: int) -> Ints:
    """Events per visitor, heavy-tailed, adding up to the count exactly."""
    made: list[Ints] = [np.zeros(0, dtype=np.int64)]
    left = count
    while left > 0:
        drawn = np.floor(rng.random(max(100, left // 2)) ** (-1 / 1.25))
        sizes = np.minimum(drawn, LARGEST_VISITOR).astype(np.int64)
        total = np.cumsum(sizes)
        kept = int(np.searchsorted(total, left))
        if kept < len(sizes):
            sizes = sizes[: kept + 1]
            sizes[-1] -= total[kept] - left
        made.append(sizes)
        left -= int(sizes.sum())
    return np.concatenate(made)


def _times(
    period: Period,
    rng: np.random.Generator,
    sizes: Ints,
    visitor: Ints,
    landing: NDArray[np.bool_],
) -> Ints:
    """Seconds between pages, days between sessions, squeezed into the period."""
    if not len(visitor):
        return np.zeros(0, dtype=np.int64)
    count = len(visitor)
    pause = np.exp(np.log(3 * DAY) + 1.2 * rng.standard_normal(count))
    read = np.clip(rng.exponential(60, count), 2, 1500)
    first = np.cumsum(sizes) - sizes
    gaps = np.where(landing, pause, read)
    gaps[first] = 0
    spans = np.add.reduceat(gaps, first)
    longest = 0.6 * period.days * DAY
    gaps *= np.minimum(1, longest / np.maximum(spans, 1))[visitor]
    gone = np.cumsum(gaps)
    gone -= gone[first][visitor]
    spans = np.minimum(spans, longest)
    start = rng.permutation(moments(rng, period, len(sizes)))
    latest = period.end_at - 60 - spans - 3600 * rng.random(len(sizes))
    at: Ints = ((np.minimum(start, latest)[visitor] + gone) * 1000).astype(np.int64)
    return at + rng.integers(0, 999, count)


def _browsing(
    site: Site, rng: np.random.Generator, landing: NDArray[np.bool_], region: Ints
) -> Ints:
    """Which page or event each call of a stranger is."""
    count = len(landing)
    page = rng.choice(len(PAGES), count, p=WEIGHTS / WEIGHTS.sum())
    shares = np.array([0.2 if not s.campaign else 0.05 for s in SOURCES])
    source = rng.choice(len(SOURCES), count, p=shares / shares.sum())
    pages = site.bodies.page(page, np.where(landing, source, INTERNAL), region)
    event = 1 + rng.integers(0, len(BROWSING_EVENTS), count)
    product = rng.integers(0, len(PRODUCTS), count)
    tracks = site.bodies.track(event, region, product)
    is_track = ~landing & (rng.random(count) < 0.08)
    return np.where(is_track, tracks, pages)
