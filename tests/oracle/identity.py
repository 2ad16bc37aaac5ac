"""Who is one person: contacts, e-mails, user ids and visitors (reading 3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .facts import Facts, Row, known
from .records import Key, versions

Node = tuple[str, ...]  # kind, then its keys


def contact_node(key: Key) -> Node:
    return ("contact", *key)


def node_of(row: Row) -> Node | None:
    """What identifies a web event by itself: its user id, else its e-mail."""
    if row["user_id"]:
        return ("user", row["source_code"], row["user_id"])
    return ("email", row["email_hash"]) if row["email_hash"] else None


def contact_links(facts: Facts) -> list[tuple[Node, Node]]:
    """A merged contact with its survivor, a contact with its e-mail."""
    links: list[tuple[Node, Node]] = []
    for key, rows in versions(facts, facts.contacts, "contact_id").items():
        node, last = contact_node(key), rows[-1]
        links.append((node, node))
        if last.get("merged_into_contact_id"):
            into = contact_node((key[0], last["merged_into_contact_id"]))
            links.append((node, into))
        if last.get("email_hash"):
            links.append((node, ("email", last["email_hash"])))
    return links


def event_links(facts: Facts) -> list[tuple[Node, Node]]:
    """A row that bears both user id and e-mail links them."""
    links: list[tuple[Node, Node]] = []
    for row in known(facts, facts.web_events):
        node = node_of(row)
        if node is not None:
            email: Node = ("email", row["email_hash"])
            links.append((node, email if row["email_hash"] else node))
    return links


def age(row: Row) -> tuple[Any, ...]:
    """Order of events: by time, those without one last, then by id."""
    at = row["occurred_at"]
    return (at is None, at or datetime.min, row["event_id"])


@dataclass
class People:
    """The person of each node, and what first identified each visitor."""

    label: dict[Node, Node]
    visitors: dict[Key, Node]

    def person(self, node: Node) -> str:
        return "|".join(self.label.get(node, node))

    def of_contact(self, key: Key) -> str:
        return self.person(contact_node(key))

    def of_event(self, row: Row) -> str | None:
        """By its own keys, else its visitor's, else a person of its own."""
        node = node_of(row)
        if node is None and row["visitor_id"]:
            visitor = (row["source_code"], row["visitor_id"])
            node = self.visitors.get(visitor, ("visitor", *visitor))
        return self.person(node) if node else None


def components(links: list[tuple[Node, Node]]) -> dict[Node, Node]:
    """Each node's least fellow, passed on until nothing changes."""
    label = {node: node for link in links for node in link}
    changed = True
    while changed:
        changed = False
        for one, other in links:
            least = min(label[one], label[other])
            changed = changed or label[one] != label[other]
            label[one] = label[other] = least
    return label


def first_identifications(facts: Facts) -> dict[Key, Node]:
    """A visitor is linked to nobody: it belongs to its first identification."""
    found: dict[Key, Node] = {}
    for row in sorted(known(facts, facts.web_events), key=age):
        node = node_of(row)
        if row["visitor_id"] and node is not None:
            found.setdefault((row["source_code"], row["visitor_id"]), node)
    return found


def people_of(facts: Facts) -> People:
    links = contact_links(facts) + event_links(facts)
    return People(components(links), first_identifications(facts))
