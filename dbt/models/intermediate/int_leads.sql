with versions as (

    {{ union_sources('leads') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_code, lead_id
            order by
                known_at desc,
                converted_at desc nulls last,
                converted_deal_id asc nulls last,
                source_file desc,
                source_row desc
        ) as recency,
        min(known_at) over (partition by source_code, lead_id) as first_known_at
    from versions
    where lead_id is not null

),

latest as (

    select * from ranked
    where recency = 1

)

select * from latest
