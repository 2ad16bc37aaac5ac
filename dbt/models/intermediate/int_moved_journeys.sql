-- Journeys of which anything differs from what was last published.
with compared as (

    {% for now, last in [
        ('int_journey_states', 'int_last_states'),
        ('int_journey_transitions', 'int_last_transitions'),
        ('int_month_moves', 'int_last_moves'),
        ('int_conversion_ends', 'int_last_ends'),
    ] %}
    select journey_id
    from (
        select * from {{ ref(now) }}
        except
        select * from {{ ref(last) }}
    ) as added
    union
    select journey_id
    from (
        select * from {{ ref(last) }}
        except
        select * from {{ ref(now) }}
    ) as taken
    {{ 'union' if not loop.last }}
    {% endfor %}

),

moved as (

    select
        compared.journey_id,
        states.journey_id is null as is_gone
    from compared
    left join {{ ref('int_journey_states') }} as states
        on compared.journey_id = states.journey_id

)

select * from moved
