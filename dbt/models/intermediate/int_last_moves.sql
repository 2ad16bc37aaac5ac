-- int_month_moves, as last published.
with versions as (

    select * from {{ ref('int_last_versions') }}

),

recorded as (

    select * from {{ source('lake', 'rec_moves') }}

),

moves as (

    select
        recorded.journey_id,
        recorded.month,
        recorded.pipeline_code,
        recorded.segment_code,
        recorded.channel_code,
        recorded.stage_code,
        recorded.stated_currency_code,
        recorded.entered_count,
        recorded.advanced_count,
        recorded.won_count,
        recorded.lost_count,
        recorded.left_count,
        recorded.removed_count,
        recorded.won_amount,
        recorded.stated_amount
    from recorded
    inner join versions
        on recorded.journey_id = versions.journey_id
        and recorded.generation = versions.generation

)

select * from moves
