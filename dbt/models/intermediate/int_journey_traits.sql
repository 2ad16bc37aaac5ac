with journeys as (

    select * from {{ touched(ref('int_journey_landmarks')) }}

),

traits as (

    {% set texts = [
        ('channel_code', 'channel_code'), ('region_code', "coalesce(region, 'unknown')"),
        ('product_code', "coalesce(product, 'unknown')"), ('source_code', 'source_code'),
        ('pipeline_code', "coalesce(entry_pipeline_code, 'unknown')"), ('entry_stage_code', "coalesce(entry_stage_code, 'unknown')"),
        ('is_returning', "case when is_returning then 'true' else 'false' end"),
    ] %}
    {% for feature_code, expression in texts %}
    select
        journey_id,
        landmark_days,
        '{{ feature_code }}' as feature_code,
        cast({{ expression }} as {{ dbt.type_string() }}) as text_value,
        cast(null as double) as number_value
    from journeys
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from traits
