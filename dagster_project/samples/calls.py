"""Segment calls as columns: devices, and the JSON each kind of call has in common."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dagster_project.samples.people import Person
from dagster_project.samples.world import (
    BROWSING_EVENTS,
    FORM_EVENT,
    PAGES,
    PRODUCTS,
    PROOFS,
    REGIONS,
    SOURCES,
    Page,
    Source,
)

Ints = NDArray[np.int64]
SITE = "https://www.sunny-house.example.com"
INTERNAL = len(SOURCES)
NEVER = np.iinfo(np.int64).max
TRACKS = (FORM_EVENT, *BROWSING_EVENTS, *dict.fromkeys(PROOFS.values()))
AGENTS = (
    ("desktop", "en-US", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/137.0"),
    ("desktop", "en-US", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/605.1"),
    ("mobile", "en-US", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Mobile Safari/604.1"),
    ("mobile", "en-US", "Mozilla/5.0 (Linux; Android 15; Pixel 9) Mobile Chrome/137.0"),
    ("mobile", "es-US", "Mozilla/5.0 (Linux; Android 14; SM-A556) Mobile Chrome/136.0"),
    ("tablet", "en-GB", "Mozilla/5.0 (iPad; CPU OS 18_4) Mobile Safari/604.1"),
)


def compact(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Devices:
    """Browsers: who uses them, since when the site knows the user."""

    regions: list[int] = field(default_factory=list)
    agents: list[int] = field(default_factory=list)
    users: list[int] = field(default_factory=list)
    known_from: list[int] = field(default_factory=list)

    def add(
        self, region: int, agent: int, user: int = 0, known_from: int = NEVER
    ) -> int:
        """A new device; its number."""
        self.regions.append(region)
        self.agents.append(agent)
        self.users.append(user)
        self.known_from.append(known_from)
        return len(self.regions) - 1

    def add_many(self, regions: Ints, agents: Ints) -> Ints:
        """Many devices of strangers; their numbers."""
        first = len(self.regions)
        self.regions.extend(regions.tolist())
        self.agents.extend(agents.tolist())
        self.users.extend([0] * len(regions))
        self.known_from.extend([NEVER] * len(regions))
        return np.arange(first, first + len(regions))


@dataclass(frozen=True)
class Calls:
    """Columns of calls: when (milliseconds), on which device, with which body."""

    at: Ints
    device: Ints
    body: Ints

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def joined(cls, parts: list["Calls"]) -> "Calls":
        return cls(
            np.concatenate([part.at for part in parts]),
            np.concatenate([part.device for part in parts]),
            np.concatenate([part.body for part in parts]),
        )


@dataclass
class Bodies:
    """JSON from `type` to `page` for every kind of call, numbered.

    Pages come first, for each page, source and region; then tracked events, for each
    event, region and product; then identify calls, one each.
    """

    texts: list[str] = field(default_factory=list)
    first_track: int = 0

    def __post_init__(self) -> None:
        for page in PAGES:
            for source in (*SOURCES, None):
                self.texts += [_page_body(page, source, region) for region in REGIONS]
        self.first_track = len(self.texts)
        for event in TRACKS:
            for region in REGIONS:
                self.texts += [_track_body(event, region, name) for name in PRODUCTS]

    def page(self, page: Ints, source: Ints, region: Ints) -> Ints:
        return (page * (len(SOURCES) + 1) + source) * len(REGIONS) + region

    def track(self, event: Ints, region: Ints, product: Ints) -> Ints:
        within = (event * len(REGIONS) + region) * len(PRODUCTS) + product
        return self.first_track + within

    def identify(self, person: Person) -> int:
        names = {"firstName": person.first_name, "lastName": person.last_name}
        return self.identify_traits({"email": person.email, **names})

    def identify_traits(self, traits: Mapping[str, str]) -> int:
        page = compact(_context_page(PAGES[-1].path, "", f"{SITE}/"))
        head = f'"type":"identify","traits":{compact(dict(traits))}'
        self.texts.append(f'{head},"context":{{"page":{page}')
        return len(self.texts) - 1


def _context_page(path: str, query: str, referrer: str) -> dict[str, str]:
    return {"path": path, "search": query, "referrer": referrer}


def _page_body(page: Page, source: Source | None, region: str) -> str:
    query = _query(source) if source else ""
    referrer = source.referrer if source else f"{SITE}/"
    properties = {
        "path": page.path,
        "url": f"{SITE}{page.path}{query}",
        "title": page.title,
        "category": page.category,
        "referrer": referrer,
        "region": region,
    }
    if page.product:
        properties["product"] = page.product
    head = f'"type":"page","name":{compact(page.title)}'
    context = f'"page":{compact(_context_page(page.path, query, referrer))}'
    if source and source.campaign:
        context += f',"campaign":{compact(_campaign(source))}'
    return f'{head},"properties":{compact(properties)},"context":{{{context}'


def _campaign(source: Source) -> dict[str, str]:
    named = {
        "source": source.origin,
        "medium": source.medium,
        "name": source.campaign,
        "term": source.keyword,
        "content": source.content,
    }
    return {name: value for name, value in named.items() if value}


def _query(source: Source) -> str:
    named = _campaign(source)
    named = {("campaign" if k == "name" else k): v for k, v in named.items()}
    pairs = [f"utm_{name}={value.replace(' ', '+')}" for name, value in named.items()]
    return "?" + "&".join(pairs) if pairs else ""


def _track_body(event: str, region: str, product: str) -> str:
    path = PAGES[-1].path if event == FORM_EVENT else "/account"
    properties = {
        "path": path,
        "url": f"{SITE}{path}",
        "region": region,
        "product": product,
    }
    if event == FORM_EVENT:
        properties["form"] = "ask-for-an-offer"
    head = f'"type":"track","event":{compact(event)}'
    page = compact(_context_page(path, "", f"{SITE}/"))
    return f'{head},"properties":{compact(properties)},"context":{{"page":{page}'
