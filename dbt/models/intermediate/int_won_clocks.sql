-- From the first visit of each stage to the sale; segments' own landmarks aside.
with clocks as (

    select * from {{ ref('int_conversion_clocks') }}
    where is_in_totals

),

sales as (

    select
        pipeline_code,
        min_by(stage_code, stage_order) as to_stage_code
    from {{ ref('int_stages_at_as_of') }}
    where is_won and not is_retired
    group by pipeline_code

),

won_clocks as (

    select
        clocks.journey_id,
        clocks.pipeline_code,
        clocks.from_stage_code as stage_code,
        clocks.segment_code,
        clocks.end_code,
        clocks.followed_for,
        {{ microseconds('clocks.observed_until') }}
        - {{ microseconds('clocks.origin_at') }} as watched_for,
        clocks.watched_after is not null as is_left_truncated,
        clocks.origin_at,
        clocks.observed_until
    from clocks
    inner join sales
        on clocks.pipeline_code = sales.pipeline_code
        and clocks.to_stage_code = sales.to_stage_code

)

select * from won_clocks
