-- Of records that several columns tell apart: staging rows = the newest of each + told
-- before + without an id or a date.
with deal_changes as (

    select
        source_code,
        deal_id,
        field_code,
        changed_at,
        count(*) as rows_count
    from ({{ union_sources('deal_changes') }}) as brought
    group by source_code, deal_id, field_code, changed_at

),

deal_changes_kept as (

    select
        brought.source_code,
        sum(brought.rows_count) as rows_count,
        sum(
            case
                when brought.deal_id is null or brought.changed_at is null
                    then brought.rows_count
                else brought.rows_count - 1
            end
        ) as aside_count,
        count(kept.deal_id) as kept_count
    from deal_changes as brought
    left join {{ ref('int_deal_changes') }} as kept
        on brought.source_code = kept.source_code
        and brought.deal_id = kept.deal_id
        and brought.field_code is not distinct from kept.field_code
        and brought.changed_at = kept.changed_at
    group by brought.source_code

),

spend as (

    select
        source_code,
        spend_date is null as is_undated,
        count(*) as rows_count
    from ({{ union_sources('spend') }}) as brought
    group by
        source_code, spend_date, channel, campaign, keyword, region

),

spend_known as (

    select
        source_code,
        sum(rows_count) as rows_count,
        sum(case when is_undated then rows_count else rows_count - 1 end) as aside_count
    from spend
    group by source_code

),

spend_kept as (

    select
        source_code,
        count(*) as rows_count
    from {{ ref('int_spend') }}
    group by source_code

),

accounts as (

    select
        'deal_changes_known' as check_code,
        source_code as scope,
        rows_count as expected_count,
        aside_count + kept_count as actual_count
    from deal_changes_kept
    union all
    select
        'spend_known' as check_code,
        spend_known.source_code as scope,
        spend_known.rows_count as expected_count,
        spend_known.aside_count + coalesce(spend_kept.rows_count, 0) as actual_count
    from spend_known
    left join spend_kept on spend_known.source_code = spend_kept.source_code

)

select * from accounts
