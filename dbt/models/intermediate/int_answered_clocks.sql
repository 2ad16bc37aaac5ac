-- Each delay is a landmark of its own: who was answered by then and who was not yet are
-- both followed from there. Who was won or lost before it is in neither's rate, since
-- whoever buys within the hour needs no answer within the day.
with inquiries as (

    select * from {{ ref('int_inquiries') }}
    where recorded_at is not null

),

answers as (

    select * from {{ ref('int_inquiry_answers') }}

),

firsts as (

    select
        inquiries.journey_id,
        min(inquiries.occurred_at) as inquired_at,
        min(answers.answered_at) as answered_at
    from inquiries
    left join answers
        on inquiries.event_kind = answers.event_kind
        and inquiries.source_code = answers.source_code
        and inquiries.event_id = answers.event_id
    group by inquiries.journey_id

),

entries as (

    select
        clocks.*,
        {{ microseconds('firsts.inquired_at') }}
        - {{ microseconds('clocks.origin_at') }} as inquired_after,
        {{ microseconds('firsts.answered_at') }}
        - {{ microseconds('firsts.inquired_at') }} as answered_within
    from firsts
    inner join {{ ref('int_journeys') }} as journeys
        on firsts.journey_id = journeys.journey_id
    inner join {{ ref('int_won_clocks') }} as clocks
        on journeys.journey_id = clocks.journey_id
        and journeys.entry_pipeline_code = clocks.pipeline_code
        and journeys.entry_stage_code = clocks.stage_code

),

answered as (

    select
        entries.journey_id,
        entries.pipeline_code,
        delays.within_seconds,
        case
            when entries.answered_within <= delays.within_microseconds then 'answered'
            else 'not_yet'
        end as answer_code,
        entries.end_code,
        entries.is_left_truncated,
        entries.followed_for - entries.inquired_after - delays.within_microseconds
            as followed_for,
        entries.watched_for - entries.inquired_after - delays.within_microseconds
            as watched_for
    from entries
    cross join {{ ref('int_answer_delays') }} as delays

)

select * from answered
