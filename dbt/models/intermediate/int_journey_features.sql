-- What is read past the landmark would predict the purchase by what followed it.
with journeys as (

    select * from {{ touched(ref('int_journeys')) }}

),

landmarks as (

    select coalesce(landmark_days, 0) as landmark_days from {{ ref('segments') }}
    union
    select 0 as landmark_days

),

watched as (

    select
        journeys.*,
        coalesce(journeys.person_id, journeys.journey_id) as person_key,
        landmarks.landmark_days,
        {{ plus_seconds('journeys.entered_at', 'landmarks.landmark_days * 86400') }}
            as landmark_at
    from journeys
    cross join landmarks

),

seen as (

    select
        watched.journey_id,
        watched.landmark_days,
        watched.entered_at,
        events.event_code,
        events.event_id,
        events.occurred_at
    from watched
    inner join {{ ref('int_journey_events') }} as events
        on watched.person_key = coalesce(events.person_id, events.journey_id)
        and watched.landmark_at >= events.occurred_at
        and events.actor_code = 'customer'
        and events.is_dated

),

turned as (

    select
        *,
        lag(event_code) over (
            partition by journey_id, landmark_days order by occurred_at, event_id
        ) as previous_event_code
    from seen

),

sequences as (

    select
        journey_id,
        landmark_days,
        {{ joined_in_order('event_code', "' > '", 'occurred_at, event_id') }}
            as text_value
    from turned
    where previous_event_code is distinct from event_code
    group by journey_id, landmark_days

),

counted as (

    select
        journey_id,
        landmark_days,
        event_code || '_count' as feature_code,
        count(*) as number_value
    from seen
    group by journey_id, landmark_days, event_code
    union all
    select
        journey_id,
        landmark_days,
        'touches_count' as feature_code,
        count(*) as number_value
    from seen
    group by journey_id, landmark_days

),

timed as (

    select
        journey_id,
        landmark_days,
        {{ seconds_between('min(occurred_at)', 'min(entered_at)') }}
        / 86400 as number_value
    from seen
    group by journey_id, landmark_days

),

featured as (

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
    from watched
    union all
    {% endfor %}
    select
        journey_id,
        landmark_days,
        feature_code,
        cast(null as {{ dbt.type_string() }}) as text_value,
        cast(number_value as double) as number_value
    from counted
    union all
    select
        journey_id,
        landmark_days,
        'days_since_first_visit' as feature_code,
        cast(null as {{ dbt.type_string() }}) as text_value,
        cast(number_value as double) as number_value
    from timed
    union all
    select
        journey_id,
        landmark_days,
        'actions_sequence' as feature_code,
        text_value,
        cast(null as double) as number_value
    from sequences

)

select * from featured
