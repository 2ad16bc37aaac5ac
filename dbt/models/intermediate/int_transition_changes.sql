-- What became of the transitions of each moved journey since they were last published.
with joined as (

    select * from {{ ref('int_compared_transitions') }}

),

concerned as (

    select journey_id, change_code from joined
    where journey_id is not null
    union all
    select last_journey_id as journey_id, change_code from joined
    where last_journey_id is not null
        and journey_id is distinct from last_journey_id

),

counted as (

    select journey_id, change_code, count(*) as transitions_count
    from concerned
    where change_code is not null
    group by journey_id, change_code

)

select * from counted
