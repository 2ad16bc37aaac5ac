"""A night rebuilds what was touched, and ends where one full rebuild ends.

Random facts of contacts, deals, merges and events come in random order, so that what
comes late corrects, deletes, merges and moves what was there. A killed night is one
that stopped after some of its models.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from dagster_project.corrections import admit, withdraw
from dagster_project.fingerprints import Inputs
from dagster_project.invoking import invoke
from dagster_project.parsing import read_parse
from dagster_project.settings import Settings
from dagster_project.transforming import load_project, outdated_models
from tests.models.oracle_comparison import (
    WatchedWarehouse,
    extracts,
    one_source,
    seeds,
    settings_of,
    with_cdp,
)
from tests.models.test_rebuild import Tables, assert_equal
from tests.oracle.facts import Facts
from tests.oracle.generate import random_facts
from tests.oracle.generate_events import with_events
from tests.warehouse import Marts, Rows, Warehouse, write_seeds

SEED = 1
LAST = (
    *("int_journey_events", "fct_web_sessions", "int_funnel_runs"),
    *("int_journey_traits", "int_action_features", "fct_stage_transitions"),
    *("fct_journey_steps", "int_pair_moves", "int_journey_touches"),
    *("int_journey_pages", "int_stage_evidence", "int_journey_transitions"),
    *("int_variants", "int_prospecting", "int_channel_credits"),
    *("int_silences", "int_pair_ends", "int_funnel_journeys"),
    *("int_chance_facts", "int_chance_cohorts"),
)
# Other seeds first: they rebuild whole what follows actions, and would mend the rest.
KINDS = ("other seeds", "killed", "withdrawn", "looked back", "admitted")


def tables(marts: Marts) -> Tables:
    """Rows of every table but seeds and what the builds wrote of themselves."""
    names = marts(
        "select schema_name, table_name from duckdb_tables() "
        "where schema_name in ('staging', 'intermediate', 'marts')"
    )
    return {
        name: marts.rows(f'select * from {schema}."{name}"')
        for schema, name in sorted(names)
    }


@dataclass
class Nights:
    """Nights over the facts' files; each step leaves the warehouse where it may."""

    warehouse: WatchedWarehouse
    facts: Facts
    rng: Random
    models: Sequence[str] = LAST
    waiting: list[str] = field(default_factory=list)
    landed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    last: Marts = field(init=False)

    def begin(self) -> None:
        self.warehouse.facts = self.facts
        self.warehouse.clear()
        self._write_seeds(seeds(self.facts))
        self.files = extracts(self.facts)
        self.waiting = sorted(self.files)
        self.rng.shuffle(self.waiting)
        self.bring(len(self.waiting) // 3)
        self.night()

    def run(self, kind: str) -> None:
        """Something happens, and but for a killed night a whole one follows."""
        self.bring(25)
        if kind == "killed":
            self.night(models=[self.rng.choice(KEYED)])
            return
        if kind == "looked back":
            earlier = self.facts.as_of - timedelta(days=self.rng.randrange(20, 200))
            self.night(as_of=earlier)
            return
        if kind == "withdrawn":
            self.withdraw(6)
        elif kind == "admitted":
            self.admit()
        else:
            self._write_seeds({**seeds(self.facts), "event_aliases": self._aliases()})
        self.last = self.night()

    def bring(self, count: int) -> None:
        chosen, self.waiting = self.waiting[:count], self.waiting[count:]
        self.warehouse.write({name: self.files[name] for name in chosen})
        self.landed += chosen

    def withdraw(self, count: int) -> None:
        with patch.dict(os.environ):
            self.warehouse.land(**settings_of(self.facts))
        events = [name for name in self.landed if "events" in name or "segment" in name]
        for name in self.rng.sample(events, 2) + self.rng.sample(self.landed, count):
            if name not in self.withdrawn:
                with self._environment() as settings:
                    withdraw(settings, name, "a mistake", "")
                self.withdrawn.append(name)

    def admit(self) -> None:
        for name in self.withdrawn[::2]:
            with self._environment() as settings:
                admit(settings, name, "none", "")
        self.withdrawn = self.withdrawn[1::2]

    def night(self, models: Sequence[str] = (), **other: Any) -> Marts:
        how = settings_of(self.facts) | other
        return self.warehouse.night(models=models or self.models, **how)

    def outdated(self, rows: Mapping[str, Rows]) -> list[str]:
        """The tables that other seeds make stale, as a night is told of them."""
        self._write_seeds(rows)
        with patch.dict(os.environ):
            self.warehouse.land(**settings_of(self.facts))
            return outdated_models()

    def _aliases(self) -> Rows:
        """An action under another name, and one that is ignored from now on."""
        aliases = [dict(row) for row in self.facts.event_aliases]
        named = [row for row in aliases if row["event_code"]]
        named[0]["event_code"], named[1]["event_code"] = named[1]["event_code"], None
        return aliases

    def _write_seeds(self, rows: Mapping[str, Rows]) -> None:
        write_seeds(self.warehouse.root / "seeds", rows)

    def _environment(self) -> Any:
        settings = replace(self.warehouse.settings, sources=tuple(self.facts.sources))
        return _applied(settings)


class _applied:  # noqa: N801 - a context manager
    """An environment that is undone, for commands that set one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.patched = patch.dict(os.environ)

    def __enter__(self) -> Settings:
        self.patched.start()
        return self.settings

    def __exit__(self, *_: object) -> None:
        self.patched.stop()


KEYED = (
    *("int_web_events", "int_visitors", "int_identified_events", "int_sessions"),
    *("int_coded_actions", "int_action_journeys", "int_journey_events", "int_persons"),
    *("int_identities", "int_journeys", "int_funnel_hits", "int_funnel_runs"),
    *("int_stage_changes", "int_sorted_stage_changes", "int_ordered_stage_changes"),
)


def nights_of(
    root: Path,
    seed: int,
    models: Sequence[str] = LAST,
    journeys: int = 120,
    pipelines: int = 2,
) -> Nights:
    rng = Random(seed)  # noqa: S311
    crm = one_source(random_facts(seed, journeys=journeys, pipelines=pipelines))
    facts = with_events(with_cdp(crm), seed)
    return Nights(WatchedWarehouse(root), facts, rng, models)


def ends_alike(nights: Nights, kinds: Sequence[str]) -> tuple[Tables, Tables, Marts]:
    """All tables after the nights, and after one full rebuild of what they landed."""
    nights.begin()
    for kind in kinds:
        nights.run(kind)
    nights.warehouse.forget_warehouse()
    return tables(nights.last), tables(nights.night()), nights.last


@pytest.fixture(scope="module")
def nights(workspace: Path) -> Nights:
    return nights_of(workspace, SEED)


@pytest.fixture(scope="module")
def story(nights: Nights) -> tuple[Tables, Tables, Marts]:
    return ends_alike(nights, KINDS)


@pytest.mark.slow
def test_nights_of_every_kind_end_in_the_tables_of_one_full_rebuild(
    story: tuple[Tables, Tables, Marts],
) -> None:
    touched, whole, _ = story
    assert all(len(whole[name]) > 20 for name in LAST)
    assert_equal(touched, whole)


@pytest.mark.slow
def test_other_nights_end_in_the_tables_of_one_full_rebuild(
    tmp_path: Path, asked_seed: int
) -> None:
    rng = Random(asked_seed)  # noqa: S311
    kinds = [*rng.choices(KINDS, k=6), rng.choice(["withdrawn", "other seeds"])]
    touched, whole, _ = ends_alike(nights_of(tmp_path, asked_seed), kinds)
    assert_equal(touched, whole)


@pytest.mark.slow
def test_keyed_models_were_rebuilt_by_their_keys_in_those_nights(
    story: tuple[Tables, Tables, Marts],
) -> None:
    nights = {
        model: (version, whole_version)
        for model, version, whole_version in story[2](
            "select model, version, whole_version from state.built"
        )
    }
    for model in ("int_web_events", "int_sessions", "fct_web_sessions"):
        version, whole_version = nights[model]
        assert (whole_version, version > 2) == (1, True), model
    by_keys = ("int_stays", "int_silences", "int_pair_ends", "int_funnel_journeys")
    for model in (*by_keys, "int_chance_facts", "int_chance_cohorts"):
        version, whole_version = nights[model]
        assert version > whole_version, model
    # an edited alias rebuilds what codes actions, and what follows from it
    assert nights["int_coded_actions"][1] > 1
    assert nights["int_journey_events"][1] > 1


@pytest.mark.slow
def test_chances_of_many_journeys_end_in_those_of_one_full_rebuild(
    tmp_path: Path,
) -> None:
    """A chance needs thirty outcomes, which the journeys of the other nights lack."""
    nights = nights_of(
        tmp_path, SEED, models=["int_chances"], journeys=1200, pipelines=1
    )
    nights.begin()
    for count in (len(nights.waiting) - 4, 2, 2):
        nights.bring(count)
        nights.last = nights.night()
    ((version, whole_version),) = nights.last(
        "select version, whole_version from state.built where model = 'int_chances'"
    )
    assert version > whole_version
    nights.warehouse.forget_warehouse()
    touched, whole = tables(nights.last), tables(nights.night())
    assert len({row["forecast_at"] for row in whole["int_chances"]}) > 2
    assert_equal(touched, whole)


@pytest.fixture(scope="module")
def plans(workspace: Path) -> dict[str, tuple[Mapping[str, Any], list[str]]]:
    """What each keyed model says of its inputs, and which tables they are."""
    write_seeds(workspace / "seeds", {})
    with patch.dict(os.environ):
        project = load_project(Warehouse(workspace).settings)
    inputs = Inputs(project.manifest, project.paths, "")
    return {
        node["name"]: (node, sorted(inputs.tables_below(node)))
        for node in inputs.tables()
        if node["config"]["materialized"] == "keyed"
    }


def ways(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each way in which a change of an input touches keys."""
    for name, stated in node["config"]["meta"]["touched"]["by"].items():
        for way in stated if isinstance(stated, list) else [stated]:
            yield name, {} if way == "everything" else way


def test_what_a_keyed_model_follows_and_looks_through_it_also_reads(
    plans: Mapping[str, tuple[Mapping[str, Any], list[str]]],
) -> None:
    """Else it might look through a table that is built after it."""
    assert len(plans) > 10
    for model, (node, read) in plans.items():
        for name, way in ways(node):
            looked = {name, *way.get("through", {})}
            assert looked <= {*read, "own", "files"}, (model, looked)


def test_a_keyed_model_reads_nothing_that_every_night_moves(
    plans: Mapping[str, tuple[Mapping[str, Any], list[str]]],
) -> None:
    """Else each night would rebuild it whole, and what follows it."""
    found = {model for model, (_, read) in plans.items() if "int_sources" in read}
    assert found == set()


@pytest.mark.slow
def test_an_edited_alias_makes_stale_what_reads_it_and_nothing_else(
    nights: Nights, story: tuple[Tables, Tables, Marts]
) -> None:
    assert len(story) == 3
    stale = nights.outdated(seeds(nights.facts))
    assert "int_coded_actions" in stale
    assert not {"int_web_events", "int_sessions", "int_journeys"} & set(stale)
    assert nights.outdated(seeds(nights.facts)) == stale


@pytest.mark.slow
def test_of_a_table_built_by_hand_nobody_says_what_it_was_built_from(
    nights: Nights, story: tuple[Tables, Tables, Marts]
) -> None:
    known = "select model from state.built where model = 'int_sessions'"
    assert len(story) == 3
    assert len(nights.warehouse.rows(known)) == 1
    with patch.dict(os.environ):
        paths = load_project(nights.warehouse.settings).paths
        done = invoke(["run", "--select", "int_sessions"], manifest=read_parse(paths))
    assert done.success
    assert nights.warehouse.rows(known) == []
