-- As ordered, but each leg leads to the unit's very next instant in the funnel's
-- streams. Tied actions can be spread over steps in several ways: all are tried.
with funnels as (

    select * from {{ ref('int_event_funnels') }}
    where mode_code = 'strict'

),

runs as (

    select
        runs.*,
        numbered.instant_number,
        {{ plus_seconds('runs.occurred_at', 'funnels.window_seconds') }}
            as window_ends_at
    from {{ ref('int_funnel_runs') }} as runs
    inner join funnels on runs.funnel_code = funnels.funnel_code
    inner join {{ ref('int_funnel_stream_instants') }} as numbered
        on {{ is_same_unit('runs', 'numbered') }}
        and runs.occurred_at = numbered.occurred_at

),

legs_1 as (

    select {{ first_leg_columns('runs') }}
    from runs
    where runs.from_step = 1 and runs.is_entry

),

{% for leg in range(2, most_steps() + 1) %}
legs_{{ leg }} as (

    select
        {{ leg_columns('legs', 'runs') }}
    from legs_{{ leg - 1 }} as legs
    inner join runs
        on {{ is_same_unit('legs', 'runs') }}
        and legs.furthest_step_order + 1 = runs.from_step
        and legs.instant_number + 1 = runs.instant_number
    where runs.occurred_at <= legs.window_ends_at

),

{% endfor %}
attempts as (

    {% for leg in range(1, most_steps() + 1) -%}
    select * from legs_{{ leg }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from attempts
