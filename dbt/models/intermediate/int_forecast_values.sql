-- What a deal was known to be worth, to promise and to whom it belonged when a
-- forecast is or was made. What holds "all along" since nothing is known from before is
-- hindsight at an earlier date: a won deal's probability of 1 would foretell its win.
with changes as (

    select
        *,
        case
            when field_code = 'expected_close_at'
                and {{ try_cast('value', 'timestamp') }}
                > lag({{ try_cast('value', 'timestamp') }}) over in_field
                then 1
            else 0
        end as slips_count
    from {{ ref('int_deal_changes') }}
    window in_field as (
        partition by source_code, deal_id, field_code order by changed_at, known_at
    )

),

held as (

    select
        journeys.forecast_at,
        journeys.journey_id,
        changes.field_code,
        nullif(
            max_by(coalesce(changes.value, ''), (changes.changed_at, changes.known_at)),
            ''
        ) as value,
        sum(changes.slips_count) as slips_count
    from {{ ref('int_forecast_journeys') }} as journeys
    inner join changes
        on journeys.source_code = changes.source_code
        and journeys.deal_id = changes.deal_id
        and journeys.forecast_at >= changes.changed_at
    where journeys.forecast_at >= changes.known_at
        or (
            not journeys.is_as_known
            and changes.changed_at > timestamp '0001-01-01 00:00:00'
        )
    group by journeys.forecast_at, journeys.journey_id, changes.field_code

),

stated as (

    select
        forecast_at,
        journey_id,
        {% for field_code, type in {
            'amount': 'double', 'probability': 'double',
            'expected_close_at': 'timestamp',
        }.items() %}
        max(
            case
                when field_code = '{{ field_code }}' then {{ try_cast('value', type) }}
            end
        ) as {{ field_code }},
        {% endfor %}
        max(case when field_code = 'currency_code' then value end) as currency_code,
        max(case when field_code = 'owner_id' then value end) as owner_id,
        cast(sum(slips_count) as bigint) as slips_count
    from held
    group by forecast_at, journey_id

),

valued as (

    select
        journeys.forecast_at,
        journeys.journey_id,
        stated.owner_id,
        stated.amount * rates.home_rate as home_amount,
        coalesce(stated.probability, stages.probability) as stated_probability,
        stated.expected_close_at,
        coalesce(stated.slips_count, 0) as slips_count
    from {{ ref('int_forecast_journeys') }} as journeys
    left join stated
        on journeys.forecast_at = stated.forecast_at
        and journeys.journey_id = stated.journey_id
    left join {{ ref('int_rates') }} as rates
        on stated.currency_code = rates.currency_code
        and journeys.forecast_date >= rates.held_from
        and journeys.forecast_date < rates.held_to
    left join {{ ref('int_stages') }} as stages
        on journeys.pipeline_code = stages.pipeline_code
        and journeys.stage_code = stages.stage_code
        and journeys.forecast_date >= stages.order_held_from
        and journeys.forecast_date < stages.order_held_to

)

select * from valued
