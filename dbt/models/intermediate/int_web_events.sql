-- Each web event once: what was first known of it.
-- Repeats are looked for by a number that two events might share: then both are ranked.
with brought as (

    select
        *,
        {{ hash_number(['source_code', 'event_id']) }} as event_number
    from {{ touched('(' ~ union_sources('web_events') ~ ')') }} as united

),

repeated as (

    select event_number
    from brought
    group by event_number
    having count(*) > 1

),

firsts as (

    select
        brought.*,
        row_number() over (
            partition by brought.source_code, brought.event_id
            order by
                brought.known_at,
                brought.occurred_at nulls last,
                brought.source_file,
                brought.source_row
        ) as appearance_number
    from brought
    inner join repeated on brought.event_number = repeated.event_number

),

once as (

    select brought.*
    from brought
    left join repeated on brought.event_number = repeated.event_number
    where repeated.event_number is null
    union all
    select * {{ exclude() }} (appearance_number)
    from firsts
    where appearance_number = 1

)

select
    'web' as event_kind,
    * {{ exclude() }} (event_number)
from once
