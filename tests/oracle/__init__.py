"""Brute-force answers to semantics.md, to compare the models with.

Written from semantics.md and the project's fixed readings alone, never from SQL.

CHOICES (where semantics.md leaves a reading open; numbers are its sections)

Records (1, 2.10 - 2.12)
1. Of several known versions the greatest known_at holds. A deal or lead that another
   record names exists even without a row of its own, and is a journey.
2. A lead continues into a deal if the deal is the first (created_at, id; null last) of
   the lead and the lead the earliest of the deal; both after merges. A lead with deals
   that continues none is_duplicate. Links: deals.lead_id and leads.converted_deal_id.
3. Merge time = merged_at if given, else known_at of the first version that states the
   merge. Absorbed: survivor's entry < changed_at < merge time, both strict; the entry
   is that of the surviving journey, lead included. Deletion of an absorbed record is
   none.
4. Deletion time = deleted_at if given, else known_at of the first of the last unbroken
   run of deleted versions; a version that is not deleted undoes it.
5. fct_journeys and fct_stage_transitions keep deleted and duplicate journeys, flagged.
   fct_journey_steps, funnels and conversions leave both out. Snapshots and throughput
   leave out duplicates, and keep deleted ones until the deletion (as removed_count is).
6. person = contact after merges, contacts of one email_hash united. is_returning: an
   earlier entered_at of the same person, duplicates and deleted ones aside.

Ledger (2)
7. A row with deal_id is the deal's, else the lead's. Alias match is exact, null = null.
   is_ignored: the change is left out of the ledger. Mapped = alias and stage both hold
   on the day; a change without time is read by the registry at as-of.
8. Pipeline of an unmapped change: the one to which all aliases of its source_pipeline
   (of any date) lead, else the journey's current one, else `unknown`.
9. Order: nulls first for changed_at and for source_sequence; `lost` and `unmapped` take
   the place of the stage order, so a stated sequence outranks them.
10. Absorbed rows, and rows changed after as_of, have null sequence_number, from-stage,
    direction, skipped count and seconds. is_in_future = changed_at > known_at, for
    good; counted as soon as changed_at <= as_of, even past data_through.
11. Direction: all of it (pipeline too) against the last mapped stage; first mapped
    after only unmapped = `entry`; same stage or same order = `forward`; lost to won =
    `won`. from_stage_code and seconds_in_from_stage are of the row before, unmapped
    included. A from-stage not yet valid on the day (contradicting dates) has its first
    order.
12. skipped_stages_count: stages valid on the day, not lost, strictly between; 0 at
    entry, transfer, going back, loss, from a lost stage, and for unmapped.
13. Stage flags of a move are those of the registry on its own day.

Journeys (10)
14. entered_at = first changed_at in ledger order that is not null; entry stage = first
    row. A journey without transitions has a row: outcome open, stage codes null.
15. Outcome = that of the last mapped stage (unmapped closes and reopens nothing);
    outcome_at = start of the unbroken run of that outcome. furthest = highest order at
    as-of among touched stages of the current pipeline, lost aside.
16. channel = lead's value, else deal's, by `channels` (source_value); none given =
    `unknown`, not in the list = `unmapped`. Null region, product, and loss reason of a
    lost journey = `unknown`.
17. Segment features: channel, product, region, entry_stage, entry_pipeline, pipeline (=
    entry pipeline), with or without `_code`; operators eq, ne, in, not_in, lists by
    `|`. Product, channel and region are those at as-of (no history is given); a segment
    without rules holds none. A journey with an outcome before the landmark of its
    segment is in `ended_before_landmark`.
18. observed_from = greatest of entered_at and history_from, nulls aside.
19. Money: deal_changes of a field, if any, are its whole history (null before the
    first), else versions at their known_at, the first held from the beginning. A day's
    value is the one at its end; closed journeys: end of the outcome's day, owner at the
    instant. Rate = latest dated on or before; home currency = 1; null = no rate.

Steps, snapshots, funnels (2.13, 3, 4)
20. Steps of a pipeline = its stages not lost, begun by as-of, retired ones included at
    their last order; fct_journey_steps is dense over them. seconds_to_reach counts from
    the journey's entered_at in every pipeline. A repeat of a stage is no new visit.
21. Snapshots and throughput place a move at its ordering time (the running maximum), so
    that nothing is left before it is entered; elsewhere changed_at counts. Here
    `unmapped` is a stay of its own. A move after the deletion is nothing.
22. Rows run to the day of as-of. Age and staleness run to min(day's end,
    observed_until); stale if entry + patience x 86,400 s is before the day's end and <=
    observed_until; patience by the registry on the day of entry. Amount sums skip nulls
    (0.0, never null); probability = the deal's stated one that day, else the stage's,
    else skipped.
23. Funnel members were ever in its pipeline (null or `all`: any) and have a cohort
    month (journeys without time are in no cohort). A row per segment and channel with
    `all`; pipeline_code is the funnel's own. The same code in another pipeline is no
    hit, and a move there, unmapped too, is a transfer; in a funnel of all pipelines
    none is.
24. still_open or completed: nothing later is known at as-of; completed by the stage of
    the visit. Median and p90 are of first_reached_at - entered_at. is_mature:
    observed_until at or past month end + window_seconds; without a window, nobody is
    still open. entry_from and entry_to are not applied.

Months (6)
25. Pairs over the steps of 20, to such as are not retired; with the first won stage
    only from stages below it. A first visit without time starts no clock.
    Pipeline `all` pools (journey, pipeline) clocks of the same pair, so its counts are
    sums. Horizon and month end + h by 86,400 s. A segment's clock starts at the
    landmark where that is later, in the landmark's month; who ended or was last
    watched before it has none. Totals of segments have no landmark.
26. The ending is the first in the ledger of: conversion; loss never reopened in the
    pipeline (start of its run of lost); transfer out, even if it returns. After
    observed_until it is not seen: open. Durations by changed_at, negative ones kept.
27. Delay = history_from - origin if origin < history_from (so is_left_truncated).
    at_risk_count = risk set at h (event or censoring at or after h); "nobody is
    followed to h" = it is 0. Incidence 0.0 with null interval where nothing happened.
    Wilson with the normal quantile, clamped to [0, 1].
28. previous_month_rate is given whatever its maturity; q and comparisons_count are null
    where p is; is_change_significant too. target_rate, benchmark_rate: null.
29. Throughput. A win = a move into a won stage, the last mapped stage before (in any
    pipeline) not won. It counts on the visit it ended if that is of the same pipeline
    and not lost, else (direct entry, transfer in, from lost, from a visit without time)
    on the won stage's own row. advanced: within the pipeline, later than the last
    mapped stage, neither won by it nor reopened (post-sale stages count).
    lost_count: to any lost stage, of another pipeline too. won_amount:
    home amount at the end of the win's day, null as 0.0. Pipeline `all` sums by stage
    code. open_at_end of the current month = at as-of.

Events (4, 5, 10)
30. Of several rows of one web event the first known holds, of one activity the latest;
    known_at is of the first of its unbroken run of equal rows. Events without a time,
    or later than as-of, are in no mart, but identify people.
31. Alias: one whose property fits before one without; then by property_name, value and
    event_code. Without an event_code: ignored, in no stream, but in its session. No
    alias: unmapped, in sessions and in the streams of strict funnels only.
32. Persons: connected components of contacts (after merges), e-mails and user ids of a
    source; an event with both keys links them. A visitor without keys is its first
    identification's, else a person of its own. A web event with none of the keys is
    nobody's; an activity is its contact's, else its deal's person's, set aside deals
    left out.
33. A session given is one of its source. Derived: a visitor's events without
    session_id; a pause of 1,800 s is not yet too long. Landing event: the first with a
    page_url. Words of a campaign, but none in `channels`: `unmapped`.
34. An activity's journey is its deal's (absorbed deals: the survivor's), none if that
    is set aside or unknown. Else by person: open from entered_at to before outcome_at.
35. The ways to fill an ordered funnel from one instant: the furthest, each step as
    early as can be. Strict: every unbroken way is an attempt; the last tie is decided
    by the earliest steps. Streams of a strict funnel: all events, activities too, of
    the sources with an alias to one of its codes.
36. An exclusion is read against steps, in unordered funnels against positions; an event
    that fills a step may exclude too.
37. first_touch, last_touch: a channel `unmapped` is a value, `unknown` is none. An
    activity has no session, so no dimensions. person_id, journey_id, source_code: of
    the entry event, in every attribution.
38. Of a funnel of one segment or pipeline only events of its journeys can be entries
    (step 1 where ordered; the start where not); every event can fill the other steps.
39. Stage funnels: an event is placed before the first move at or after it (as ordered),
    tied ones by id, and hits the least step above the last hit that it fits. A visit of
    an event step is completed if the journey was in a won stage then. A loss in any
    pipeline, the funnel's or another, keeps events from being hits until a stage hit;
    a stay in another pipeline only while it lasts.
40. Segment rules: `<event_code>_count` counts customers' actions only, those of the
    journey's person in whichever journey and those of the journey, up to entered_at +
    landmark_days, inclusive; ge and le compare numbers. Who ended before a landmark is
    not shown apart: the seeds that are compared have landmarks of no days.
"""

from .conversions import monthly_conversions
from .event_funnels import event_funnels, funnel_attempts
from .facts import Facts
from .funnels import segment_funnels
from .journey_events import journey_events, web_sessions
from .journeys import journey_steps, journeys
from .ledger import transitions
from .snapshots import stage_snapshots
from .throughput import monthly_throughput

__all__ = [
    "Facts",
    "event_funnels",
    "funnel_attempts",
    "journey_events",
    "journey_steps",
    "journeys",
    "monthly_conversions",
    "monthly_throughput",
    "segment_funnels",
    "stage_snapshots",
    "transitions",
    "web_sessions",
]
