-- Where the two differ, changes were lost on the way.
with deals as (

    select deals.*
    from {{ ref('int_deals') }} as deals
    where deals.has_recorded_history
        and deals.source_stage is not null
        and deals.merged_into_deal_id is null
        and not deals.is_deleted

),

changes as (

    select
        *,
        row_number() over (
            partition by source_code, record_id order by order_number desc
        ) as recency
    from {{ ref('int_ordered_stage_changes') }}
    where record_kind = 'deal' and not is_absorbed

),

compared as (

    select
        deals.source_code,
        deals.source_pipeline,
        deals.deal_id,
        deals.source_file,
        deals.source_stage,
        changes.source_stage as last_stage,
        coalesce(changes.source_stage <> deals.source_stage, true) as is_differing
    from deals
    left join changes
        on deals.source_code = changes.source_code
        and deals.deal_id = changes.record_id
        and changes.recency = 1

),

numbered as (

    select
        *,
        case
            when is_differing
                then
                    'deal ' || deal_id || ' ends in '
                    || coalesce(last_stage, 'no stage') || ' and stands in '
                    || source_stage || ' (' || coalesce(source_file, 'no file') || ')'
        end as told,
        row_number() over (
            partition by source_code, source_pipeline, is_differing order by deal_id
        ) as deal_number
    from compared

),

counted as (

    select
        source_code,
        source_pipeline,
        count(*) as deals_count,
        count(case when is_differing then 1 end) as differing_count,
        cast(count(case when is_differing then 1 end) as double)
        / count(*) as differing_share,
        min(case when is_differing then deal_id end) as example_deal_id,
        min_by(
            case when is_differing then source_file end,
            case when is_differing then deal_id end
        ) as example_file,
        -- as many as a gate's result keeps of anything
        {{ joined_in_order(
            'case when deal_number <= 20 then told end', "'; '", 'deal_id'
        ) }} as differing_deals
    from numbered
    group by source_code, source_pipeline

)

select * from counted
