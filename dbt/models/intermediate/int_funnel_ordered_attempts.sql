-- From each entry to the first action that can fill the next step, and so on. What an
-- attempt was on its way stands beside what it became: the best of a unit counts.
with funnels as (

    select * from {{ ref('int_event_funnels') }}
    where mode_code = 'ordered'

),

runs as (

    select
        runs.*,
        cast(null as bigint) as instant_number,
        {{ plus_seconds('runs.occurred_at', 'funnels.window_seconds') }}
            as window_ends_at
    from {{ ref('int_funnel_runs') }} as runs
    inner join funnels on runs.funnel_code = funnels.funnel_code
    where runs.is_longest

),

legs_1 as (

    select {{ first_leg_columns('runs') }}
    from runs
    where runs.from_step = 1 and runs.is_entry

),

{% for leg in range(2, most_steps() + 1) %}
legs_{{ leg }} as (

    {{ next_legs('legs_' ~ (leg - 1), 'runs') }}

),

{% endfor %}
attempts as (

    {% for leg in range(1, most_steps() + 1) -%}
    select * from legs_{{ leg }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from attempts
