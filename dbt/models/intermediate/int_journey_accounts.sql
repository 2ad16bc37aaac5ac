-- Journeys by what became of them in the marts; each set-aside bears its own count.
with keys as (

    select source_code, count(*) as keys_count
    from {{ ref('int_journey_keys') }}
    group by source_code

),

journeys as (

    select
        source_code,
        count(*) as journeys_count,
        count(case when entered_at is null then 1 end) as untimed_count
    from {{ ref('int_journeys') }}
    group by source_code

),

known as (

    select
        source_code,
        'deal' as record_kind,
        deal_id as record_id
    from {{ ref('int_deals') }}
    union all
    select
        source_code,
        'lead' as record_kind,
        lead_id as record_id
    from {{ ref('int_leads') }}

),

records as (

    select source_code, count(*) as records_count
    from known
    group by source_code

),

placed as (

    select records.source_code, count(*) as placed_count
    from {{ ref('int_journey_records') }} as records
    inner join known
        on records.source_code = known.source_code
        and records.record_kind = known.record_kind
        and records.record_id = known.record_id
    group by records.source_code

),

timed as (

    select source_code, count(distinct journey_id) as timed_count
    from {{ ref('int_transitions') }}
    where changed_at is not null
    group by source_code

),

accounts as (

    select
        'journeys_described' as check_code,
        keys.source_code as scope,
        keys.keys_count as expected_count,
        coalesce(journeys.journeys_count, 0) as actual_count
    from keys
    left join journeys on keys.source_code = journeys.source_code
    union all
    select
        'records_in_journeys' as check_code,
        records.source_code as scope,
        records.records_count as expected_count,
        coalesce(placed.placed_count, 0) as actual_count
    from records
    left join placed on records.source_code = placed.source_code
    union all
    select
        'journeys_without_time' as check_code,
        keys.source_code as scope,
        keys.keys_count - coalesce(timed.timed_count, 0) as expected_count,
        coalesce(journeys.untimed_count, 0) as actual_count
    from keys
    left join journeys on keys.source_code = journeys.source_code
    left join timed on keys.source_code = timed.source_code

)

select * from accounts
