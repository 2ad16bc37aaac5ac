-- A rule is proposed where a sequence stands out within one segment: its landmark is
-- known there, and a new segment ahead of that one takes the rule as it stands.
with differences as (

    select
        *,
        coalesce(q_value < 0.05, false) as is_difference_significant,
        variant_name like '% > ...' as is_cut
    from {{ ref('int_variant_differences') }}

),

proposed as (

    select
        *,
        is_difference_significant and variant_kind_code = 'sequence' and not is_total
            as is_proposed
    from differences

),

variants as (

    select
        -- keys
        pipeline_code,
        segment_code,
        variant_kind_code,
        variant_name,
        cast(horizon_days as integer) as horizon_days,

        -- codes
        case
            when is_proposed and variant_name = 'unknown' then 'touches_count'
            when is_proposed then 'actions_sequence'
        end as rule_feature_code,
        case
            when is_proposed and is_cut then 'begins'
            when is_proposed then '='
        end as rule_operator_code,
        case
            when is_proposed and variant_name = 'unknown' then '0'
            when is_proposed then replace(variant_name, ' > ...', ' >')
        end as rule_value,

        -- numbers
        landmark_days,
        journeys_count,
        journeys_count / cast(segment_count as double) as journeys_share,
        ended_before_landmark_count,
        watched_count,
        converted_count,
        rate as conversion_rate,
        {{ wilson_low('converted_count', 'watched_count') }} as conversion_rate_low,
        {{ wilson_high('converted_count', 'watched_count') }} as conversion_rate_high,
        cast(others_watched_count as bigint) as others_watched_count,
        cast(others_converted_count as bigint) as others_converted_count,
        others_rate as others_conversion_rate,
        rate - others_rate as rate_difference,
        p_value as difference_p_value,
        q_value as difference_q_value,
        comparisons_count,

        -- flags
        is_cut,
        is_difference_significant

    from proposed

)

select * from variants
