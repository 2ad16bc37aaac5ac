with inquiries as (

    select * from {{ ref('fct_unrecorded_inquiries') }}

),

inquiry_months as (

    select
        -- keys
        inquiry_month,
        event_code,
        channel_code,

        -- numbers
        count(*) as inquiries_count,
        count(case when is_unrecorded then 1 end) as unrecorded_count,
        count(case when not is_unrecorded then 1 end) as recorded_count,
        count(*) - count(answered_at) as unanswered_count

    from inquiries
    group by inquiry_month, event_code, channel_code

)

select * from inquiry_months
