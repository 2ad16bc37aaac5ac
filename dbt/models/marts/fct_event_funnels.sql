with attempts as (

    select * from {{ ref('fct_funnel_attempts') }}

),

members as (

    select
        chosen.is_all_months,
        chosen.is_all_segments,
        chosen.is_all_channels
    from (
        values
        (0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1),
        (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)
    ) as chosen (is_all_months, is_all_segments, is_all_channels)

),

cubed as (

    select
        attempts.attempt_id,
        attempts.funnel_code,
        attempts.furthest_step_order,
        attempts.is_excluded,
        attempts.is_still_open,
        members.is_all_months = 1 as is_all_months,
        case when members.is_all_months = 0 then attempts.entry_month end
            as entry_month,
        case
            when members.is_all_segments = 1 then 'all' else attempts.segment_code
        end as segment_code,
        case
            when members.is_all_channels = 1 then 'all' else attempts.channel_code
        end as channel_code
    from attempts
    cross join members
    where members.is_all_months = 0 or attempts.is_best_of_all

),

steps as (

    select
        attempt_id,
        step_order,
        step_code,
        reached_at,
        {{ seconds_between(
            'lag(reached_at) over (partition by attempt_id order by step_order)',
            'reached_at'
        ) }} as seconds_from_previous
    from {{ ref('int_attempt_steps') }}

),

funnels as (

    select
        -- keys
        cubed.funnel_code,
        cubed.entry_month,
        cubed.is_all_months,
        cubed.segment_code,
        cubed.channel_code,
        steps.step_order,
        steps.step_code,

        -- numbers
        count(*) as entered_count,
        count(
            case
                when not cubed.is_excluded
                    and cubed.furthest_step_order >= steps.step_order
                    then 1
            end
        ) as reached_count,
        count(case when cubed.is_excluded then 1 end) as excluded_count,
        count(case when cubed.is_still_open then 1 end) as still_open_count,
        percentile_cont(0.5) within group (
            order by case
                when not cubed.is_excluded then steps.seconds_from_previous
            end
        ) as median_seconds_from_previous

    from cubed
    inner join steps on cubed.attempt_id = steps.attempt_id
    group by
        cubed.funnel_code, cubed.entry_month, cubed.is_all_months,
        cubed.segment_code, cubed.channel_code, steps.step_order, steps.step_code

)

select * from funnels
