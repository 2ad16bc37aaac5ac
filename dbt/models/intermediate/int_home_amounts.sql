-- Each journey's amount in home currency: won and lost at the outcome's day.
with journeys as (

    select
        *,
        coalesce(
            {{ reporting_date('outcome_at') }},
            (select {{ reporting_date('as_of') }} from {{ source('lake', 'runs') }})
        ) as valued_date
    from {{ ref('int_journeys') }}

),

owners as (

    select
        journeys.journey_id,
        max_by(changes.value, changes.changed_at) as owner_id
    from journeys
    inner join {{ ref('int_deal_changes') }} as changes
        on journeys.source_code = changes.source_code
        and journeys.deal_id = changes.deal_id
        and changes.field_code = 'owner_id'
        and changes.changed_at <= journeys.outcome_at
    group by journeys.journey_id

),

valued as (

    select
        journeys.journey_id,
        journeys.amount * rates.home_rate as home_amount,
        coalesce(owners.owner_id, journeys.owner_id) as owner_id
    from journeys
    left join {{ ref('int_rates') }} as rates
        on journeys.currency_code = rates.currency_code
        and journeys.valued_date >= rates.held_from
        and journeys.valued_date < rates.held_to
    left join owners on journeys.journey_id = owners.journey_id

)

select * from valued
