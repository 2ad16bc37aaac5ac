-- A win belongs to whoever owned the deal then, at what it was worth then; a decision
-- on an unknown day has no day's rate.
with journeys as (

    select
        journeys.journey_id,
        journeys.source_code,
        journeys.deal_id,
        coalesce(journeys.outcome_at, runs.as_of) as owned_at,
        journeys.outcome_code <> 'open' and journeys.outcome_at is null
            as is_decided_undated,
        {{ reporting_date('coalesce(journeys.outcome_at, runs.as_of)') }} as valued_date
    from {{ ref('int_journeys') }} as journeys
    cross join {{ source('lake', 'runs') }} as runs

),

owners as (

    select
        journeys.journey_id,
        nullif(
            max_by(coalesce(changes.value, ''), (changes.changed_at, changes.known_at)),
            ''
        ) as owner_id
    from journeys
    inner join {{ ref('int_deal_changes') }} as changes
        on journeys.source_code = changes.source_code
        and journeys.deal_id = changes.deal_id
        and changes.field_code = 'owner_id'
        and journeys.owned_at >= changes.changed_at
    group by journeys.journey_id

),

valued as (

    select
        journeys.journey_id,
        owners.owner_id,
        valuations.amount,
        valuations.currency_code,
        case
            when not journeys.is_decided_undated
                or valuations.currency_code = {{ home_currency() }}
                then valuations.home_amount
        end as home_amount
    from journeys
    inner join {{ ref('int_valuations') }} as valuations
        on journeys.journey_id = valuations.journey_id
        and journeys.valued_date = valuations.valued_date
    left join owners on journeys.journey_id = owners.journey_id

)

select * from valued
