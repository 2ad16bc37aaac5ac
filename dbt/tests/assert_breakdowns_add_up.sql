-- What: the members of each dimension add up to the event funnel of the month.
-- Why: what is cut by one dimension is read from breakdowns, the whole from the funnel.
-- A row: a funnel, month, dimension and step whose members count otherwise.
{{ config(meta={'dagster': {'ref': {'name': 'fct_event_funnel_breakdowns'}}}) }}

with added as (

    select
        funnel_code,
        entry_month,
        dimension_code,
        step_order,
        sum(entered_count) as entered_count,
        sum(reached_count) as reached_count,
        sum(excluded_count) as excluded_count,
        sum(still_open_count) as still_open_count
    from {{ ref('fct_event_funnel_breakdowns') }}
    group by funnel_code, entry_month, dimension_code, step_order

),

funnels as (

    select * from {{ ref('fct_event_funnels') }}
    where not is_all_months and segment_code = 'all' and channel_code = 'all'

)

select
    added.funnel_code,
    added.entry_month,
    added.dimension_code,
    added.step_order
from added
full outer join funnels
    on added.funnel_code = funnels.funnel_code
    and added.entry_month = funnels.entry_month
    and added.step_order = funnels.step_order
where added.entered_count is distinct from funnels.entered_count
    or added.reached_count is distinct from funnels.reached_count
    or added.excluded_count is distinct from funnels.excluded_count
    or added.still_open_count is distinct from funnels.still_open_count
