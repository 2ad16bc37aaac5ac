-- Each web event once: what was first known of it.
with brought as (

    select * from {{ touched('(' ~ union_sources('web_events') ~ ')') }} as united

),

repeated as (

    select source_code, event_id
    from brought
    group by source_code, event_id
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
    inner join repeated
        on brought.source_code = repeated.source_code
        and brought.event_id = repeated.event_id

),

once as (

    select brought.*
    from brought
    left join repeated
        on brought.source_code = repeated.source_code
        and brought.event_id = repeated.event_id
    where repeated.event_id is null
    union all
    select * {{ exclude() }} (appearance_number)
    from firsts
    where appearance_number = 1

)

select
    'web' as event_kind,
    once.*
from once
