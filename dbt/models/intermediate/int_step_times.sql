-- Of attempts that count and did the step: how long it took them from the one before.
with attempts as (

    select * from {{ ref('int_attempt_levels') }}
    where not is_excluded and furthest_step_order > 1

),

members as (

    {{ cube_members('months') }}

),

taken as (

    select
        {{ funnel_members('attempts') }},
        steps.step_order,
        percentile_cont(0.5) within group (
            order by {{ seconds_between(
                'steps.previous_reached_at', 'steps.reached_at'
            ) }}
        ) as median_seconds_from_previous
    from attempts
    inner join {{ ref('int_attempt_steps') }} as steps
        on {{ is_same_unit('attempts', 'steps') }}
        and attempts.entry_month = steps.entry_month
    cross join members
    where steps.step_order > 1
        and (members.is_all_months = 0 or attempts.is_best_of_all)
    group by
        {{ funnel_members('attempts', named=false) }},
        steps.step_order

)

select * from taken
