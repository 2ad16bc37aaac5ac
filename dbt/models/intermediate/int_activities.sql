-- Each activity as it was last known.
with versions as (

    {{ union_sources('activities') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_code, activity_id
            order by known_at desc, source_file desc, source_row desc
        ) as recency
    from versions

),

activities as (

    select * from ranked
    where recency = 1

)

select * from activities
