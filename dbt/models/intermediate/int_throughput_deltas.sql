-- What each moved journey adds to, or takes from, months that were closed before.
with compared as (

    select *, 1 as sign from {{ ref('int_month_moves') }}
    union all
    select *, -1 as sign from {{ ref('int_last_moves') }}

),

summed as (

    select
        compared.journey_id,
        compared.month,
        compared.pipeline_code,
        compared.segment_code,
        compared.channel_code,
        compared.stage_code,
        {% for column in moved_columns() %}
        sum(compared.sign * compared.{{ column }}) as {{ column }},
        {% endfor %}
        sum(
            compared.sign * (
                compared.entered_count - compared.left_count - compared.removed_count
            )
        ) as open_change_count
    from compared
    inner join {{ ref('int_moved_journeys') }} as moved
        on compared.journey_id = moved.journey_id
    group by
        compared.journey_id, compared.month, compared.pipeline_code,
        compared.segment_code, compared.channel_code, compared.stage_code

),

differing as (

    select * from summed
    where open_change_count <> 0
        {% for column in moved_columns() %}
        or abs({{ column }}) > 1e-9
        {% endfor %}

),

spread as (

    select
        differing.journey_id,
        months.month,
        differing.pipeline_code,
        differing.segment_code,
        differing.channel_code,
        differing.stage_code,
        {% for column in moved_columns() + ['open_change_count'] %}
        sum(
            case
                when months.month = differing.month then differing.{{ column }} else 0
            end
        ) as {{ column }},
        {% endfor %}
        sum(
            case
                when months.month > differing.month then differing.open_change_count
                else 0
            end
        ) as open_at_start_count,
        sum(differing.open_change_count) as open_at_end_count
    from differing
    inner join {{ ref('int_closed_months') }} as months
        on differing.month <= months.month
    where months.first_published_as_of is not null
    group by
        differing.journey_id, months.month, differing.pipeline_code,
        differing.segment_code, differing.channel_code, differing.stage_code

)

select * from spread
