-- Each variant beside all others of its segment, and how likely chance alone sets them
-- so far apart, as many being compared.
with counts as (

    select * from {{ ref('int_variant_counts') }}

),

totalled as (

    select
        *,
        segment_code = 'all' as is_total,
        sum(journeys_count) over (in_segment) as segment_count,
        sum(watched_count) over (in_segment) - watched_count as others_watched_count,
        sum(converted_count) over (in_segment) - converted_count
            as others_converted_count
    from counts
    window in_segment as (
        partition by pipeline_code, segment_code, variant_kind_code, horizon_days
    )

),

scored as (

    select
        *,
        converted_count / cast(nullif(watched_count, 0) as double) as rate,
        others_converted_count / cast(nullif(others_watched_count, 0) as double)
            as others_rate,
        {{ pooled_z_score(
            'converted_count', 'watched_count',
            'others_converted_count', 'others_watched_count',
        ) }} as z_score
    from totalled

),

tested as (

    {{ tested_among_others(
        'scored',
        among=['variant_kind_code', 'horizon_days', 'is_total'],
        in_order=['pipeline_code', 'segment_code', 'variant_name'],
    ) }}

)

select * from tested
