-- From each entry to the first action that can fill the next step, and so on. What an
-- attempt was on its way stands beside what it became: the best of a unit counts.
-- Where nothing is excluded, of a month's entries that lead to one action the last is
-- the best, and those that lead nowhere are told by int_funnel_entries.
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

excluding as (

    select distinct funnel_code from {{ ref('funnel_steps') }}
    where match_kind = 'exclusion'

),

legs_1 as (

    select {{ first_leg_columns('runs') }}
    from runs
    where runs.from_step = 1 and runs.is_entry

),

reaching as (

    {{ next_legs('legs_1', runs_of_leg('runs', 2)) }}

),

legs_2 as (

    {{ best_legs(
        'reaching', 'excluding', 'entered_at desc',
        ['furthest_step_order', 'completed_at']
    ) }}

),

entering as (

    select legs_1.*
    from legs_1
    left join excluding on legs_1.funnel_code = excluding.funnel_code
    where excluding.funnel_code is not null or legs_1.furthest_step_order > 1

),

{% for leg in range(3, most_steps() + 1) %}
legs_{{ leg }} as (

    {{ next_legs('legs_' ~ (leg - 1), runs_of_leg('runs', leg)) }}

),

{% endfor %}
attempts as (

    select * from entering
    {% for leg in range(2, most_steps() + 1) -%}
    union all
    select * from legs_{{ leg }}
    {% endfor %}

)

select * from attempts
