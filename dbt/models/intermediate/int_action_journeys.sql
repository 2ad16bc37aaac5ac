-- A person's action belongs to the journey open then, the latest of several; else to
-- the next to begin, for which it prepared; else to the last.
with journeys as (

    select
        journey_id,
        source_code,
        person_id,
        entered_at,
        case when outcome_code <> 'open' then outcome_at end as ended_at
    from {{ ref('int_journeys') }}
    where not is_deleted and not is_duplicate

),

actions as (

    select event_kind, source_code, event_id, person_id, deal_id, occurred_at
    from {{ touched(ref('int_coded_actions')) }}

),

faced as (

    select
        actions.event_kind,
        actions.source_code,
        actions.event_id,
        journeys.journey_id,
        {{ microseconds('actions.occurred_at') }}
        - {{ microseconds('journeys.entered_at') }} as age,
        coalesce(actions.occurred_at >= journeys.ended_at, false) as is_over
    from actions
    inner join journeys on actions.person_id = journeys.person_id
    where actions.deal_id is null and journeys.entered_at is not null

),

ranked as (

    select
        *,
        row_number() over (
            partition by event_kind, source_code, event_id
            order by
                case
                    when age >= 0 and not is_over then 1
                    when age < 0 then 2
                    else 3
                end,
                abs(age),
                journey_id
        ) as fit_number
    from faced

),

placed as (

    select event_kind, source_code, event_id, journey_id
    from ranked
    where fit_number = 1
    union all
    select
        actions.event_kind,
        actions.source_code,
        actions.event_id,
        journeys.journey_id
    from actions
    inner join {{ ref('int_journey_records') }} as records
        on actions.source_code = records.source_code
        and actions.deal_id = records.record_id
        and records.record_kind = 'deal'
    inner join journeys on records.journey_id = journeys.journey_id

)

select * from placed
