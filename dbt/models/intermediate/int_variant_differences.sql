-- Each variant beside all others of its segment, and how likely chance alone sets them
-- so far apart; as many are compared, Benjamini and Hochberg's correction.
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

shared as (

    select
        *,
        converted_count / cast(nullif(watched_count, 0) as double) as rate,
        others_converted_count / cast(nullif(others_watched_count, 0) as double)
            as others_rate,
        (converted_count + others_converted_count)
        / cast(nullif(watched_count + others_watched_count, 0) as double)
            as pooled_rate,
        1 / cast(nullif(watched_count, 0) as double)
        + 1 / cast(nullif(others_watched_count, 0) as double) as inverse_counts,
        least(
            converted_count, watched_count - converted_count,
            others_converted_count, others_watched_count - others_converted_count
        ) as least_cell_count
    from totalled

),

scored as (

    select
        *,
        case
            when least_cell_count >= 5
                then (rate - others_rate)
                    / sqrt(pooled_rate * (1 - pooled_rate) * inverse_counts)
        end as z_score
    from shared

),

tested as (

    select
        *,
        case when z_score is not null then {{ normal_two_sided_tail('z_score') }} end
            as p_value
    from scored

),

ranked as (

    select
        *,
        count(p_value) over (
            partition by variant_kind_code, horizon_days, is_total
        ) as comparisons_count,
        row_number() over (
            partition by variant_kind_code, horizon_days, is_total
            order by p_value nulls last, pipeline_code, segment_code, variant_name
        ) as p_rank
    from tested

),

adjusted as (

    select
        *,
        case
            when p_value is not null
                then
                    min(least(p_value * comparisons_count / p_rank, 1.0)) over (
                        partition by
                            variant_kind_code, horizon_days, is_total, p_value is null
                        order by p_rank desc
                        rows between unbounded preceding and current row
                    )
        end as q_value
    from ranked

)

select * from adjusted
