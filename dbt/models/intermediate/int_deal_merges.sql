-- Told by a table of merges, or by the deal that went.
with merged as (

    select
        source_code,
        deal_id,
        max_by(
            merged_into_deal_id, (known_at, merged_into_deal_id)
        ) as merged_into_deal_id,
        min(merged_at) as merged_at
    from (
        select source_code, deal_id, merged_into_deal_id, merged_at, known_at
        from (
            {{ union_sources('deal_merges') }}
        ) as brought
        union all
        select
            source_code,
            deal_id,
            merged_into_deal_id,
            coalesce(merged_at, known_at) as merged_at,
            known_at
        from {{ ref('int_deal_versions') }}
        where merged_into_deal_id is not null
    ) as stated
    group by source_code, deal_id

)

select * from merged
