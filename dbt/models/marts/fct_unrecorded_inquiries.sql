with inquiries as (

    select * from {{ ref('int_inquiries') }}

),

answers as (

    select * from {{ ref('int_inquiry_answers') }}

),

unrecorded as (

    select
        -- keys
        inquiries.event_id,
        inquiries.event_kind,
        inquiries.source_code,
        inquiries.person_id,
        inquiries.journey_id,

        -- codes
        inquiries.event_code,
        inquiries.channel_code,
        inquiries.record_code,

        -- numbers
        {{ seconds_between('inquiries.occurred_at', 'inquiries.recorded_at') }}
            as seconds_to_record,
        {{ seconds_between('inquiries.occurred_at', 'answers.answered_at') }}
            as seconds_to_answer,
        {{ seconds_between('inquiries.occurred_at', 'inquiries.watched_until') }}
            as watched_seconds,

        -- dates
        inquiries.occurred_at,
        {{ reporting_month('inquiries.occurred_at') }} as inquiry_month,
        inquiries.recorded_at,
        answers.answered_at,

        -- flags
        inquiries.record_code in ('late', 'missing') as is_unrecorded

    from inquiries
    left join answers
        on inquiries.event_kind = answers.event_kind
        and inquiries.source_code = answers.source_code
        and inquiries.event_id = answers.event_id

)

select * from unrecorded
