"""Made-up people: names, companies and addresses that belong to nobody."""

from dataclasses import dataclass

import numpy as np

from dagster_project.samples.world import (
    OFFLINE,
    OTHER,
    QUICK,
    REFERRED,
    RESEARCHER,
    pick,
)

FIRST_CONTACT_ID = 51_000_001


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Ada Amir Anna Bela Bruno Carla Chen Dana Diego Elif Emma Farid Finn Grace Hana "
    "Hugo Ines Ivan Jonas Julia Kenji Lea Lena Luca Mara Marco Mina Nadia Noah Olga "
    "Omar Paul Priya Rosa Sami Sofia Tara Tom Vera Zoë"
)
LAST_NAMES = (
    *_words(
        "Abel Adler Bauer Becker Blum Brandt Castro Costa Dale Diaz Engel Evans "
        "Fischer Flores Gray Haas Hahn Ito Jensen Kaya Keller Khan Klein Lang "
        "Lopez Marsh Meyer Mori Nagel Novak Nowak Park Petrov Reyes Rossi Sato "
        "Silva Stone Tanaka Vogel Weber Wolf Young Ziegler"
    ),
    "Núñez",
    "O'Neil",
    "van der Berg",
)
COMPANIES = (
    "",
    "",
    "",
    "Baker, Lane & Sons",
    'The "Green" House',
    "Riverside Dental",
    "Oak Street School",
    "Hill Farm",
    "Nordic Bakery",
)
JOBS = ("", "", "Owner", "Facility manager", "Head of purchasing", "Teacher")


@dataclass(slots=True)
class Person:
    """One contact of the CRM and one reader of the site."""

    contact_id: int
    first_name: str
    last_name: str
    email: str
    company: str
    job: str
    revenue: str
    guide_views: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def make_person(rng: np.random.Generator, number: int) -> Person:
    """A person whose address holds their number, so that no two share one."""
    first, last = pick(rng, FIRST_NAMES), pick(rng, LAST_NAMES)
    host = pick(rng, ("example.com", "example.org"))
    local = "".join(c for c in f"{first}.{last}" if c.isascii() and c not in " '")
    company = pick(rng, COMPANIES)
    revenue = str(int(1 + rng.random() * 90) * 50_000) if company else ""
    email = f"{local.lower()}.{number}@{host}"
    contact_id = FIRST_CONTACT_ID + 3 * number
    return Person(contact_id, first, last, email, company, pick(rng, JOBS), revenue)


def guide_views(rng: np.random.Generator, segment: str, channel: str) -> int:
    """How many guides a person reads before the inquiry: what makes a researcher."""
    if channel == OFFLINE:
        return 0
    few = int(rng.random() * 5)
    many = 5 + int(rng.exponential(3.5))
    if segment == REFERRED:
        return few if rng.random() < 0.7 else min(many, 30)
    return {RESEARCHER: min(many, 40), QUICK: min(few, 3), OTHER: few}[segment]
