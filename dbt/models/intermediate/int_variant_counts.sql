-- Each variant from the landmark on to the sale, once in its segment and once in all.
with clocks as (

    select * from {{ ref('int_won_clocks') }}

),

members as (

    select chosen.is_all_segments
    from (values (0), (1)) as chosen (is_all_segments)

),

followed as (

    select
        variants.pipeline_code,
        case when members.is_all_segments = 1 then 'all' else variants.segment_code end
            as segment_code,
        variants.variant_kind_code,
        variants.variant_name,
        case when members.is_all_segments = 0 then variants.landmark_days end
            as landmark_days,
        {{ clock_from('variants.landmark_at') }}
    from {{ ref('int_variants') }} as variants
    cross join members
    left join clocks
        on variants.journey_id = clocks.journey_id
        and variants.pipeline_code = clocks.pipeline_code
        and variants.entry_stage_code = clocks.stage_code

),

counted as (

    {{ counted_to_horizons(
        'followed',
        ['pipeline_code', 'segment_code', 'variant_kind_code', 'variant_name'],
        also=['max(landmark_days) as landmark_days'],
    ) }}

)

select * from counted
