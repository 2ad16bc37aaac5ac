-- What each moved journey adds to, or takes from, cohorts that were mature before.
with compared as (

    select *, 1 as sign from {{ ref('int_conversion_ends') }}
    union all
    select *, -1 as sign from {{ ref('int_last_ends') }}

),

published_horizons as (

    select distinct figures.month, horizons.horizon_days, horizons.horizon_microseconds
    from {{ ref('int_first_figures') }} as figures
    inner join {{ ref('int_horizons') }} as horizons
        on figures.horizon_days = horizons.horizon_days

),

followed as (

    select
        compared.*,
        horizons.horizon_days,
        case
            when compared.ended_after <= horizons.horizon_microseconds
                then compared.end_code
            else 'open'
        end as status_code
    from compared
    inner join {{ ref('int_moved_journeys') }} as moved
        on compared.journey_id = moved.journey_id
    inner join published_horizons as horizons on compared.month = horizons.month

),

summed as (

    select
        journey_id,
        month as cohort_month,
        pipeline_code,
        segment_code,
        channel_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        is_in_totals,
        is_in_segment,
        sum(sign) as entered_count,
        sum(case when status_code = 'converted' then sign else 0 end)
            as converted_count,
        sum(case when status_code = 'lost' then sign else 0 end) as lost_count,
        sum(case when status_code = 'transferred' then sign else 0 end)
            as transferred_count,
        sum(case when status_code = 'open' then sign else 0 end) as open_count
    from followed
    group by
        journey_id, month, pipeline_code, segment_code, channel_code,
        from_stage_code, to_stage_code, horizon_days, is_in_totals, is_in_segment

),

differing as (

    select * from summed
    where entered_count <> 0
        or converted_count <> 0
        or lost_count <> 0
        or transferred_count <> 0

)

select * from differing
