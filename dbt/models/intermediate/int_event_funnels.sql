-- Funnels over customers' actions, with what their seed rows leave unsaid.
with steps as (

    select funnel_code, max(step_order) as steps_count
    from {{ ref('funnel_steps') }}
    where match_kind <> 'exclusion'
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
        -- three centuries, past which times would overflow
        least(funnels.window_seconds, 10000000000) as window_seconds,
        {{ from_reporting_time('funnels.entry_from') }} as entry_from,
        {{ from_reporting_time('funnels.entry_to') }} as entry_to,
        steps.steps_count
    from {{ ref('funnels') }} as funnels
    inner join steps on funnels.funnel_code = steps.funnel_code
    where funnels.kind_code = 'event'

)

select * from funnels
