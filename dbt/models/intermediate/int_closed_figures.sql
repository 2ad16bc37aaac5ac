-- The figures of this build that are closed, or were when they were first published.
with months as (

    select
        month as closed_month,
        is_closed,
        first_published_as_of
    from {{ ref('int_closed_months') }}

),

published_horizons as (

    select distinct month, horizon_days as closed_horizon_days
    from {{ ref('int_first_figures') }}
    where horizon_days is not null

),

throughput as (

    select
        throughput.*,
        {{ figure_key(throughput_keys()) }} as figure_key,
        months.is_closed and months.first_published_as_of is null as is_closing
    from {{ ref('fct_monthly_throughput') }} as throughput
    inner join months on throughput.month = months.closed_month
    where months.is_closed or months.first_published_as_of is not null

),

conversions as (

    select
        conversions.*,
        {{ figure_key(conversion_keys()) }} as figure_key,
        conversions.is_mature as is_closing
    from {{ ref('fct_monthly_conversions') }} as conversions
    left join published_horizons
        on conversions.cohort_month = published_horizons.month
        and conversions.horizon_days = published_horizons.closed_horizon_days
    where conversions.is_mature or published_horizons.month is not null

),

figures as (

    {% for column in throughput_columns() %}
    select
        'fct_monthly_throughput' as table_name, figure_key, month,
        cast(null as integer) as horizon_days,
        '{{ column }}' as column_name, cast({{ column }} as double) as value,
        is_closing
    from throughput
    union all
    {% endfor %}
    {% for column in conversion_columns() %}
    select
        'fct_monthly_conversions' as table_name, figure_key, cohort_month as month,
        horizon_days,
        '{{ column }}' as column_name, cast({{ column }} as double) as value,
        is_closing
    from conversions
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from figures
