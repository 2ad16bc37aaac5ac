-- Which deal each deal lives on in, however long the chain of merges.
with recursive merged as (

    select source_code, deal_id, merged_into_deal_id, merged_at
    from {{ ref('int_deals') }}
    where merged_into_deal_id is not null and merged_into_deal_id <> deal_id

),

deals as (

    select source_code, deal_id from {{ ref('int_deals') }}
    union
    select source_code, merged_into_deal_id as deal_id from merged
    union
    select source_code, deal_id from {{ ref('int_recorded_stage_changes') }}
    where deal_id is not null
    union
    select source_code, converted_deal_id as deal_id from {{ ref('int_leads') }}
    where converted_deal_id is not null

),

chains as (

    select source_code, deal_id, deal_id as root_deal_id, 0 as merges_count
    from deals
    union all
    select
        chains.source_code,
        chains.deal_id,
        merged.merged_into_deal_id as root_deal_id,
        chains.merges_count + 1 as merges_count
    from chains
    inner join merged
        on chains.source_code = merged.source_code
        and chains.root_deal_id = merged.deal_id
    where chains.merges_count < 20

),

ranked as (

    select
        chains.*,
        row_number() over (
            partition by chains.source_code, chains.deal_id
            order by chains.merges_count desc
        ) as recency
    from chains

),

roots as (

    select
        ranked.source_code,
        ranked.deal_id,
        ranked.root_deal_id,
        merged.merged_at,
        ranked.root_deal_id <> ranked.deal_id as is_absorbed_record
    from ranked
    left join merged
        on ranked.source_code = merged.source_code
        and ranked.deal_id = merged.deal_id
    where ranked.recency = 1

)

select * from roots
