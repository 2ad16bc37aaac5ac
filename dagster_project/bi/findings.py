"""What the report finds in the marts: named selects, each beside the mart it is of.

No rule: a figure that no mart has is not made here. What is added up are counts and
amounts of rows that exclude each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.bi.facts import STAGES, TOTAL, Table, has_table, select

VARIANTS_SHOWN = 10
MOVES_SHOWN = 100


@dataclass(frozen=True)
class Finding:
    """A select, and the mart whose emptiness explains that it finds nothing."""

    mart: str
    query: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """Stages are named for single pipelines and for the total of them."""
        return (TOTAL,) if STAGES in self.query else ()


# Of what is not over the next to end, of what is over the last; the widest quota first.
_TARGETS = """
select
    period_start, period_end, period_code, pipeline_code,
    owner_id, coalesce(owner_name, owner_id) as owner_name, targets.team_code,
    metric_code, target_value, won_count, unvalued_count, won_value, attainment_rate,
    remaining_value, weighted_value, undated_value, coverage_rate, missing_value,
    missing_value = 0 as is_covered,
    deal_value, win_rate, deals_needed_count, enter_by_at, is_ended, is_too_late,
from marts.fct_target_attainment as targets
left join marts.dim_owners using (owner_id)
order by
    is_ended, if(is_ended, -epoch(period_end), epoch(period_end)),
    owner_id <> 'all', targets.team_code <> 'all', pipeline_code <> 'all',
    period_code desc, metric_code, pipeline_code, targets.team_code, owner_id
"""

_WARNINGS = """
select
    period_start, period_code, pipeline_code,
    owner_id, coalesce(owner_name, owner_id) as owner_name, warnings.team_code,
    metric_code, volume_kind, volume_code, warning_text,
    needed_count, due_count, actual_count, shortfall_share,
    due_from, counted_until, is_too_late, is_warning,
from marts.fct_early_warnings as warnings
left join marts.dim_owners using (owner_id)
order by
    is_warning desc, shortfall_share desc nulls last, period_start, pipeline_code,
    metric_code, volume_kind, volume_code, owner_id, warnings.team_code
"""

# A month is compared once it is mature, so each horizon has a newest one of its own.
_NEWEST = """
newest as (
    select horizon_days, max(cohort_month) as cohort_month
    from marts.fct_monthly_conversions
    where change_q_value is not null
    group by horizon_days
)
"""

_COMPARED = f"""
with {_NEWEST}
select
    horizon_days, cohort_month, count(*) as compared_count,
    count(*) filter (where is_change_significant) as changed_count,
from marts.fct_monthly_conversions
inner join newest using (horizon_days, cohort_month)
where change_q_value is not null
group by horizon_days, cohort_month
order by horizon_days
"""  # noqa: S608 (constants only)

_CHANGES = f"""
with {STAGES}, {_NEWEST}
select
    cohort_month, conversions.pipeline_code, segment_code,
    coalesce(segment_name, segment_code) as segment_name,
    channel_code, coalesce(channel_name, channel_code) as channel_name,
    from_stage_code, coalesce(origin.stage_name, from_stage_code) as from_stage_name,
    to_stage_code, coalesce(goal.stage_name, to_stage_code) as to_stage_name,
    horizon_days, entered_count, previous_month_rate, conversion_rate, rate_change,
    change_q_value, comparisons_count,
from marts.fct_monthly_conversions as conversions
inner join newest using (horizon_days, cohort_month)
left join marts.dim_segments as segments using (segment_code)
left join marts.dim_channels as channels using (channel_code)
left join names as origin
    on origin.pipeline_code = conversions.pipeline_code
    and origin.stage_code = from_stage_code
left join names as goal
    on goal.pipeline_code = conversions.pipeline_code
    and goal.stage_code = to_stage_code
where is_change_significant
order by
    segment_code <> 'all', channel_code <> 'all', abs(rate_change) desc, horizon_days,
    conversions.pipeline_code, from_stage_code, to_stage_code, segment_code,
    channel_code
"""  # noqa: S608 (constants only)

_STOPS = f"""
with {STAGES}
select
    stops.pipeline_code, stops.segment_code,
    coalesce(segment_name, stops.segment_code) as segment_name,
    stops.stage_code, coalesce(here.stage_name, stops.stage_code) as stage_name,
    here.stage_order,
    to_stage_code, coalesce(goal.stage_name, to_stage_code) as to_stage_name,
    horizon_days, compared_code, visits_count, open_count, stale_count,
    advanced_count, lost_count, elsewhere_count, advancing_rate, leaving_rate,
    waiting_share, median_seconds, p90_seconds,
    entered_count, conversion_rate, earlier_rate, all_segments_rate, benchmark_rate,
    worst_drop, is_worst_drop, is_longest_wait,
    lost_count > 0 and lost_count = max(lost_count) over (
        partition by stops.pipeline_code, stops.segment_code
    ) as is_most_lost,
from marts.fct_bottlenecks as stops
left join marts.dim_segments as segments using (segment_code)
left join names as here
    on here.pipeline_code = stops.pipeline_code
    and here.stage_code = stops.stage_code
left join names as goal
    on goal.pipeline_code = stops.pipeline_code and goal.stage_code = to_stage_code
order by
    sum(visits_count) over (partition by stops.pipeline_code) desc,
    stops.pipeline_code, stops.segment_code <> 'all', stops.segment_code,
    here.stage_order nulls last, stops.stage_code
"""  # noqa: S608 (constants only)

_PLAYS = """
select
    scenarios.pipeline_code, horizon_days, scenario_code, play_code,
    coalesce(play_name, play_code) as play_name, place, summed_gain,
    wins_factor, base_wins_count, wins, added_wins, base_amount, added_amount,
    horizon_days = first_value(horizon_days) over (
        partition by scenarios.pipeline_code order by base_wins_count desc, horizon_days
    ) as is_most_known,
from marts.fct_uplift_scenarios as scenarios
left join marts.dim_plays using (play_code)
order by scenarios.pipeline_code, horizon_days, scenario_code, place, play_code
"""

# Whom to go back to stands in the queue itself; here nobody is told.
_RECOVERY = f"""
with {STAGES}
select
    reasons.pipeline_code, reason_code,
    coalesce(play_names, 'No play for this step') as play_names,
    play_names is not null as has_play,
    missed_stage_code, coalesce(stage_name, missed_stage_code) as missed_stage_name,
    journeys_count,
    (sum(journeys_count) over (partition by play_names))::bigint
        as play_journeys_count,
    unmeasured_count, expected_amount,
from marts.fct_recovery_reasons as reasons
left join names
    on names.pipeline_code = reasons.pipeline_code
    and names.stage_code = missed_stage_code
order by
    play_journeys_count desc, play_names, reasons.pipeline_code, reason_code,
    missed_stage_code
"""  # noqa: S608 (constants only)

_INQUIRIES = """
select
    inquiry_month, event_code,
    sum(inquiries_count)::bigint as inquiries_count,
    sum(unrecorded_count)::bigint as unrecorded_count,
    sum(recorded_count)::bigint as recorded_count,
    sum(unanswered_count)::bigint as unanswered_count,
from marts.fct_inquiry_months
group by all
order by inquiry_month, event_code
"""

_FORECAST = """
select
    forecast_date, pipeline_code, close_code, expected_close_month,
    open_count, unvalued_count, unmeasured_count, limbo_count, overdue_count,
    open_amount, stated_wins, stated_amount, measured_wins, measured_wins_low,
    measured_wins_high, measured_amount, measured_amount_low, measured_amount_high,
    knowledge_basis,
from marts.fct_pipeline_forecast
where is_as_of and stage_code = 'all' and segment_code = 'all'
order by pipeline_code, close_code, expected_close_month
"""

# The month told first is the newest of which more is decided than not.
_RELIABILITY = """
select
    forecast_month, probability_code, pipeline_code, band_code,
    forecasts_count, won_count, lost_count, open_count, mean_probability,
    observed_rate, observed_rate_low, observed_rate_high, brier_score, is_mature,
from marts.fct_forecast_calibration
where mean_probability is not null
order by
    sum(won_count + lost_count - open_count) over (partition by forecast_month) > 0
        desc,
    forecast_month desc, pipeline_code <> 'all', pipeline_code, probability_code,
    band_code = 'all', mean_probability
"""

_LOSSES = f"""
with {STAGES}
select
    losses.pipeline_code, segment_code,
    coalesce(segment_name, segment_code) as segment_name,
    losses.stage_code, coalesce(here.stage_name, losses.stage_code) as stage_name,
    loss_reason_code, coalesce(loss_reason_name, loss_reason_code) as loss_reason_name,
    missed_stage_code,
    coalesce(missed.stage_name, missed_stage_code, 'none left') as missed_stage_name,
    min(lost_month) as first_month, max(lost_month) as last_month,
    sum(lost_count)::bigint as lost_count,
    sum(unvalued_count)::bigint as unvalued_count,
    sum(lost_amount) as lost_amount,
from marts.fct_loss_reasons as losses
left join marts.dim_segments as segments using (segment_code)
left join marts.dim_loss_reasons using (loss_reason_code)
left join names as here
    on here.pipeline_code = losses.pipeline_code
    and here.stage_code = losses.stage_code
left join names as missed
    on missed.pipeline_code = losses.pipeline_code
    and missed.stage_code = missed_stage_code
group by all
order by losses.pipeline_code, lost_count desc, segment_code, losses.stage_code,
    loss_reason_code, missed_stage_code
"""  # noqa: S608 (constants only)

_CHANNELS = """
select
    if(period_code = 'year', year(period_start)::varchar, 'all') as period,
    attribution_code, horizon_days,
    performance.channel_code,
    case performance.channel_code
        when 'all' then 'All channels'
        else coalesce(channel_name, performance.channel_code)
    end as channel_name,
    spend_amount, leads, qualified_leads, customers, unvalued_customers, won_amount,
    cost_per_lead, cost_per_qualified_lead, cost_per_customer,
    year_before_cost_per_customer, return_on_spend, qualified_rate, conversion_rate,
    cold_conversion_rate, warm_conversion_rate, is_mature,
from marts.fct_channel_performance as performance
left join marts.dim_channels using (channel_code)
where period_code in ('all', 'year')
order by
    period_code, period_start desc, attribution_code <> 'stated', attribution_code,
    horizon_days, performance.channel_code <> 'all', leads desc,
    performance.channel_code
"""

_EVIDENCE = f"""
with {STAGES}
select
    evidence.pipeline_code, evidence.stage_code,
    coalesce(stage_name, evidence.stage_code) as stage_name, stage_order,
    horizon_days, evidence_code, journeys_count, watched_count, converted_count,
    conversion_rate, conversion_rate_low, conversion_rate_high, median_lag_seconds,
from marts.fct_stage_evidence as evidence
left join names
    on names.pipeline_code = evidence.pipeline_code
    and names.stage_code = evidence.stage_code
where owner_id = 'all' and evidence_code <> 'all'
order by
    sum(journeys_count) over (partition by evidence.pipeline_code) desc,
    evidence.pipeline_code, horizon_days, stage_order nulls last,
    evidence.stage_code, evidence_code
"""  # noqa: S608 (constants only)

_VARIANTS = f"""
select
    variants.pipeline_code, segment_code,
    coalesce(segment_name, segment_code) as segment_name,
    variant_kind_code, horizon_days, variant_name, journeys_count, journeys_share,
    watched_count, converted_count, conversion_rate, conversion_rate_low,
    conversion_rate_high, others_conversion_rate, difference_q_value,
    is_difference_significant,
from marts.fct_journey_variants as variants
left join marts.dim_segments as segments using (segment_code)
where segment_code = 'all' or variant_kind_code = 'sequence'
qualify row_number() over (
    partition by
        variants.pipeline_code, segment_code, variant_kind_code, horizon_days
    order by journeys_count desc, variant_name
) <= {VARIANTS_SHOWN}
order by
    sum(journeys_count) over (partition by variants.pipeline_code) desc,
    variants.pipeline_code, variant_kind_code <> 'sequence', variant_kind_code,
    segment_code <> 'all', segment_code, horizon_days, journeys_count desc,
    variant_name
"""  # noqa: S608 (constants only)

_RESTATED = """
select
    table_name, column_name, reason_code, count(*) as figures_count,
    min(as_of) as first_as_of, max(as_of) as last_as_of,
from marts.fct_restatements
group by all
order by figures_count desc, table_name, column_name, reason_code
"""

_MOVES = f"""
select
    generation, table_name, figure_key, column_name, reason_code,
    first_value, value, delta, journeys_affected_count,
from marts.fct_restatements
order by as_of desc, abs(delta) desc, table_name, figure_key, column_name, reason_code
limit {MOVES_SHOWN}
"""  # noqa: S608 (constants only)

FINDINGS: Mapping[str, Finding] = {
    "targets": Finding("fct_target_attainment", _TARGETS),
    "warnings": Finding("fct_early_warnings", _WARNINGS),
    "compared": Finding("fct_monthly_conversions", _COMPARED),
    "changes": Finding("fct_monthly_conversions", _CHANGES),
    "stops": Finding("fct_bottlenecks", _STOPS),
    "plays": Finding("fct_uplift_scenarios", _PLAYS),
    "recovery": Finding("fct_recovery_reasons", _RECOVERY),
    "inquiries": Finding("fct_inquiry_months", _INQUIRIES),
    "forecast": Finding("fct_pipeline_forecast", _FORECAST),
    "reliability": Finding("fct_forecast_calibration", _RELIABILITY),
    "losses": Finding("fct_loss_reasons", _LOSSES),
    "channels": Finding("fct_channel_performance", _CHANNELS),
    "evidence": Finding("fct_stage_evidence", _EVIDENCE),
    "variants": Finding("fct_journey_variants", _VARIANTS),
    "restated": Finding("fct_restatements", _RESTATED),
    "moves": Finding("fct_restatements", _MOVES),
}


def read_findings(warehouse: Path) -> dict[str, Table]:
    """All findings of a published generation; nothing of what it has no mart for."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            name: select(connection, each.query, *each.parameters)
            if has_table(connection, each.mart)
            else Table()
            for name, each in FINDINGS.items()
        }
