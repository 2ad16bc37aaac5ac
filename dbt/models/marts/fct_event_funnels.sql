with members as (

    {{ cube_members('months') }}

),

steps as (

    select distinct funnel_code, step_order, step_code
    from {{ ref('funnel_steps') }}
    where match_kind <> 'exclusion'

),

-- attempts that are alike are many: counted once, not once a member and step
alike as (

    select
        funnel_code,
        entry_month,
        segment_code,
        channel_code,
        is_best_of_all,
        is_excluded,
        is_still_open,
        furthest_step_order,
        count(*) as attempts_count
    from {{ ref('int_attempt_levels') }}
    group by
        funnel_code, entry_month, segment_code, channel_code, is_best_of_all,
        is_excluded, is_still_open, furthest_step_order

),

counted as (

    select
        {{ funnel_members('alike') }},
        steps.step_order,
        steps.step_code,
        cast(sum(alike.attempts_count) as bigint) as entered_count,
        cast(sum(
            case
                when not alike.is_excluded
                    and alike.furthest_step_order >= steps.step_order
                    then alike.attempts_count
                else 0
            end
        ) as bigint) as reached_count,
        cast(sum(
            case when alike.is_excluded then alike.attempts_count else 0 end
        ) as bigint) as excluded_count,
        cast(sum(
            case when alike.is_still_open then alike.attempts_count else 0 end
        ) as bigint) as still_open_count
    from alike
    cross join members
    inner join steps on alike.funnel_code = steps.funnel_code
    where members.is_all_months = 0 or alike.is_best_of_all
    group by
        {{ funnel_members('alike', named=false) }},
        steps.step_order, steps.step_code

),

funnels as (

    select
        -- keys
        counted.funnel_code,
        counted.entry_month,
        counted.is_all_months,
        counted.segment_code,
        counted.channel_code,
        counted.step_order,
        counted.step_code,

        -- numbers
        counted.entered_count,
        counted.reached_count,
        counted.excluded_count,
        counted.still_open_count,
        taken.median_seconds_from_previous

    from counted
    left join {{ ref('int_step_times') }} as taken
        on counted.funnel_code = taken.funnel_code
        and counted.is_all_months = taken.is_all_months
        and counted.entry_month is not distinct from taken.entry_month
        and counted.segment_code = taken.segment_code
        and counted.channel_code = taken.channel_code
        and counted.step_order = taken.step_order

)

select * from funnels
