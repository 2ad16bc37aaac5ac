-- Funnels over customers' actions, with what their seed rows leave unsaid.
with steps as (

    select
        funnel_code,
        max(case when match_kind <> 'exclusion' then step_order end) as steps_count,
        count(case when match_kind = 'exclusion' then 1 end) as exclusions_count,
        count(property_name) as properties_count
    from {{ ref('funnel_steps') }}
    group by funnel_code

),

funnels as (

    select
        funnels.funnel_code,
        coalesce(funnels.pipeline_code, 'all') as pipeline_code,
        coalesce(funnels.segment_code, 'all') as segment_code,
        coalesce(funnels.unit_code, 'person') as unit_code,
        coalesce(funnels.mode_code, 'ordered') as mode_code,
        coalesce(funnels.attribution_code, 'entry') as attribution_code,
        case
            when funnels.attribution_code like 'step:%'
                then {{ try_cast(
                    "replace(funnels.attribution_code, 'step:', '')", 'integer'
                ) }}
        end as attributed_step_order,
        coalesce(funnels.attribution_code, 'entry') in ('entry', 'all_events')
            as is_told_at_entry,
        -- three centuries, past which times would overflow
        least(funnels.window_seconds, 10000000000) as window_seconds,
        coalesce(
            {{ from_reporting_time('funnels.entry_from') }},
            timestamp '0001-01-01 00:00:00'
        ) as entry_from,
        coalesce(
            {{ from_reporting_time('funnels.entry_to') }},
            timestamp '9999-12-31 00:00:00'
        ) as entry_to,
        steps.steps_count,
        steps.exclusions_count,
        steps.properties_count
    from {{ ref('funnels') }} as funnels
    inner join steps on funnels.funnel_code = steps.funnel_code
    where funnels.kind_code = 'event'

),

-- any action of the first step may be the attributed one, not entries alone
event_funnels as (

    select
        *,
        mode_code = 'ordered'
        and exclusions_count = 0
        and coalesce(attributed_step_order, 0) <> 1 as is_pruned,
        unit_code = 'person'
        and attribution_code <> 'all_events'
        and properties_count = 0
        and segment_code = 'all'
        and pipeline_code = 'all' as is_plain,
        case when segment_code <> 'all' or pipeline_code <> 'all' then 1 else 0 end
            as is_scoped
    from funnels

)

select * from event_funnels
