-- Each dimension by itself: its members add up to the whole, two dimensions do not.
{% set columns = {
    'campaign': 'campaign', 'keyword': 'keyword', 'region': 'region_code',
    'product': 'product_code', 'owner': 'owner_id',
} %}

with dimensions as (

    {{ breakdown_dimensions(columns) }}

),

alike as (

    select
        journeys.cohort_month,
        steps.pipeline_code,
        journeys.segment_code,
        journeys.channel_code,
        {% for column in columns.values() %}
        journeys.{{ column }},
        {% endfor %}
        steps.stage_code,
        count(*) as entered_count,
        count(case when steps.is_touched then 1 end) as touched_count,
        count(case when steps.is_reached then 1 end) as reached_count,
        count(case when steps.is_in_order then 1 end) as in_order_count,
        count(case when steps.is_reached and not steps.is_touched then 1 end)
            as unmet_count
    from {{ ref('fct_journey_steps') }} as steps
    inner join {{ ref('fct_journeys') }} as journeys
        on steps.journey_id = journeys.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate
    group by
        journeys.cohort_month, steps.pipeline_code, journeys.segment_code,
        journeys.channel_code,
        {% for column in columns.values() %}
        journeys.{{ column }},
        {% endfor %}
        steps.stage_code

),

placed as (

    select
        alike.*,
        dimensions.dimension_code,
        {{ breakdown_member(columns, 'alike') }} as member_code
    from alike
    cross join dimensions

),

breakdowns as (

    select
        -- keys
        cohort_month,
        pipeline_code,
        segment_code,
        channel_code,
        dimension_code,
        member_code,
        stage_code,

        -- numbers
        cast(sum(entered_count) as bigint) as entered_count,
        cast(sum(touched_count) as bigint) as touched_count,
        cast(sum(reached_count) as bigint) as reached_count,
        cast(sum(in_order_count) as bigint) as in_order_count,
        cast(sum(unmet_count) as bigint) as unmet_count

    from placed
    group by
        cohort_month, pipeline_code, segment_code, channel_code, dimension_code,
        member_code, stage_code

)

select * from breakdowns
