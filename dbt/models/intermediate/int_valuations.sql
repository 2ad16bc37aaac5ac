-- A journey's amount as it stood at the end of each day on which it is asked for:
-- each win's, the outcome's, else as-of.
with journeys as (

    select
        journeys.journey_id,
        journeys.source_code,
        journeys.deal_id,
        {{ reporting_date('coalesce(journeys.outcome_at, runs.as_of)') }} as valued_date
    from {{ ref('int_journeys') }} as journeys
    cross join {{ source('lake', 'runs') }} as runs

),

wins as (

    select
        journeys.journey_id,
        journeys.source_code,
        journeys.deal_id,
        {{ reporting_date('transitions.effective_at') }} as valued_date
    from {{ ref('int_transitions') }} as transitions
    inner join {{ ref('int_journeys') }} as journeys
        on transitions.journey_id = journeys.journey_id
    where transitions.is_won and not transitions.was_won
        and transitions.effective_at is not null

),

asked as (

    select * from journeys
    union
    select * from wins

),

held as (

    select
        asked.journey_id,
        asked.valued_date,
        changes.field_code,
        nullif(
            max_by(coalesce(changes.value, ''), (changes.changed_at, changes.known_at)),
            ''
        ) as value
    from asked
    inner join {{ ref('int_deal_changes') }} as changes
        on asked.source_code = changes.source_code
        and asked.deal_id = changes.deal_id
        and changes.field_code in ('amount', 'currency_code')
        and changes.changed_at < {{ start_of_date(plus_days('asked.valued_date', 1)) }}
    group by asked.journey_id, asked.valued_date, changes.field_code

),

stated as (

    select
        asked.journey_id,
        asked.valued_date,
        max(
            case
                when held.field_code = 'amount'
                    then {{ try_cast('held.value', 'double') }}
            end
        ) as amount,
        max(case when held.field_code = 'currency_code' then held.value end)
            as currency_code
    from asked
    left join held
        on asked.journey_id = held.journey_id
        and asked.valued_date = held.valued_date
    group by asked.journey_id, asked.valued_date

),

valued as (

    select
        stated.*,
        stated.amount * rates.home_rate as home_amount
    from stated
    left join {{ ref('int_rates') }} as rates
        on stated.currency_code = rates.currency_code
        and stated.valued_date >= rates.held_from
        and stated.valued_date < rates.held_to

)

select * from valued
