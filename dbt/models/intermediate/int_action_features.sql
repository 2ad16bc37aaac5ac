-- What is read past the landmark would predict the purchase by what followed it.
with watched as (

    select * from {{ touched(ref('int_journey_landmarks')) }}

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
        'actions_sequence' as feature_code,
        {{ joined_in_order('event_code', "' > '", 'occurred_at, event_id') }}
            as text_value
    from turned
    where previous_event_code is distinct from event_code
    group by journey_id, landmark_days

),

numbered as (

    select
        journey_id,
        landmark_days,
        event_code || '_count' as feature_code,
        cast(count(*) as double) as number_value
    from seen
    group by journey_id, landmark_days, event_code
    union all
    select
        journey_id,
        landmark_days,
        'touches_count' as feature_code,
        cast(count(*) as double) as number_value
    from seen
    group by journey_id, landmark_days
    union all
    select
        journey_id,
        landmark_days,
        'days_since_first_visit' as feature_code,
        cast(
            {{ seconds_between('min(occurred_at)', 'min(entered_at)') }} / 86400
            as double
        ) as number_value
    from seen
    group by journey_id, landmark_days

),

featured as (

    select
        journey_id, landmark_days, feature_code,
        cast(null as {{ dbt.type_string() }}) as text_value,
        number_value
    from numbered
    union all
    select
        journey_id, landmark_days, feature_code,
        text_value,
        cast(null as double) as number_value
    from sequences

)

select * from featured
