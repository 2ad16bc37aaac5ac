-- Each dimension by itself: its members add up to the whole, two dimensions do not.
{% set columns = {
    'campaign': 'campaign', 'keyword': 'keyword', 'region': 'region_code',
    'product': 'product_code', 'device': 'device',
} %}

with dimensions as (

    {{ breakdown_dimensions(columns) }}

),

steps as (

    select distinct funnel_code, step_order, step_code
    from {{ ref('funnel_steps') }}
    where match_kind <> 'exclusion'

),

alike as (

    select
        funnel_code,
        entry_month,
        segment_code,
        channel_code,
        {{ columns.values() | join(',\n        ') }},
        is_excluded,
        is_still_open,
        furthest_step_order,
        count(*) as attempts_count
    from {{ ref('fct_funnel_attempts') }}
    group by
        funnel_code, entry_month, segment_code, channel_code,
        {{ columns.values() | join(', ') }},
        is_excluded, is_still_open, furthest_step_order

),

levels as (

    select
        alike.funnel_code,
        alike.entry_month,
        alike.segment_code,
        alike.channel_code,
        dimensions.dimension_code,
        {{ breakdown_member(columns, 'alike') }} as member_code,
        case when not alike.is_excluded then alike.furthest_step_order end
            as furthest_step_order,
        sum(alike.attempts_count) as attempts_count,
        sum(case when alike.is_excluded then alike.attempts_count else 0 end)
            as excluded_count,
        sum(case when alike.is_still_open then alike.attempts_count else 0 end)
            as still_open_count
    from alike
    cross join dimensions
    group by
        alike.funnel_code, alike.entry_month, alike.segment_code, alike.channel_code,
        dimensions.dimension_code, {{ breakdown_member(columns, 'alike') }},
        case when not alike.is_excluded then alike.furthest_step_order end

),

breakdowns as (

    select
        -- keys
        levels.funnel_code,
        levels.entry_month,
        levels.segment_code,
        levels.channel_code,
        levels.dimension_code,
        levels.member_code,
        steps.step_order,
        steps.step_code,

        -- numbers
        cast(sum(levels.attempts_count) as bigint) as entered_count,
        cast(sum(
            case
                when levels.furthest_step_order >= steps.step_order
                    then levels.attempts_count
                else 0
            end
        ) as bigint) as reached_count,
        cast(sum(levels.excluded_count) as bigint) as excluded_count,
        cast(sum(levels.still_open_count) as bigint) as still_open_count

    from levels
    inner join steps on levels.funnel_code = steps.funnel_code
    group by
        levels.funnel_code, levels.entry_month, levels.segment_code,
        levels.channel_code, levels.dimension_code, levels.member_code,
        steps.step_order, steps.step_code

)

select * from breakdowns
