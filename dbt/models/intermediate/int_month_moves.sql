-- What each journey did in each month; the months' totals are sums of this.
with stays as (

    select
        *,
        {{ reporting_month('began_at') }} as began_month,
        {{ reporting_month('ended_at') }} as ended_month
    from {{ ref('int_stays') }}

),

wins as (

    select
        stays.*,
        valuations.amount,
        valuations.currency_code,
        valuations.home_amount
    from stays
    left join {{ ref('int_valuations') }} as valuations
        on stays.journey_id = valuations.journey_id
        and {{ reporting_date('stays.began_at') }} = valuations.valued_date
    where stays.is_win

),

changed as (

    select
        journey_id, began_month as month, pipeline_code, segment_code, channel_code,
        stage_code,
        1 as entered_count, 0 as advanced_count, 0 as won_count, 0 as lost_count,
        0 as left_count, 0 as removed_count, cast(0 as double) as won_amount,
        cast(null as {{ dbt.type_string() }}) as stated_currency_code,
        cast(null as double) as stated_amount
    from stays
    where not is_lost
    union all
    select
        journey_id, ended_month as month, pipeline_code, segment_code, channel_code,
        stage_code,
        0 as entered_count,
        case
            when is_removed then 0
            when next_direction_code in ('forward', 'skip')
                and next_pipeline_code = pipeline_code
                and next_stage_order > next_from_stage_order
                then 1
            else 0
        end as advanced_count,
        0 as won_count,
        case when next_is_lost and not is_removed then 1 else 0 end as lost_count,
        case when is_removed then 0 else 1 end as left_count,
        case when is_removed then 1 else 0 end as removed_count,
        cast(0 as double) as won_amount,
        null as stated_currency_code,
        null as stated_amount
    from stays
    where not is_lost and ended_at is not null
    union all
    select
        journey_id, began_month as month, pipeline_code, segment_code, channel_code,
        credited_stage_code as stage_code,
        0 as entered_count, 0 as advanced_count, 1 as won_count, 0 as lost_count,
        0 as left_count, 0 as removed_count, coalesce(home_amount, 0) as won_amount,
        currency_code as stated_currency_code,
        amount as stated_amount
    from wins

),

summed as (

    select
        journey_id,
        month,
        pipeline_code,
        segment_code,
        channel_code,
        stage_code,
        max(stated_currency_code) as stated_currency_code,
        cast(sum(entered_count) as bigint) as entered_count,
        cast(sum(advanced_count) as bigint) as advanced_count,
        cast(sum(won_count) as bigint) as won_count,
        cast(sum(lost_count) as bigint) as lost_count,
        cast(sum(left_count) as bigint) as left_count,
        cast(sum(removed_count) as bigint) as removed_count,
        sum(won_amount) as won_amount,
        sum(stated_amount) as stated_amount
    from changed
    group by
        journey_id, month, pipeline_code, segment_code, channel_code, stage_code

)

select * from summed
