-- Each journey in exactly one segment: the first, by priority, whose rules it meets. A
-- journey that ended before the landmark up to which they are read stands apart.
with rules as (

    select
        segment_rules.*,
        segments.priority,
        coalesce(segments.landmark_days, 0) as landmark_days,
        count(*) over (
            partition by segment_rules.segment_code, segment_rules.group_number
        ) as conditions_count
    from {{ ref('segment_rules') }} as segment_rules
    inner join {{ ref('segments') }} as segments
        on segment_rules.segment_code = segments.segment_code

),

met as (

    {{ rules_met(
        ref('int_journey_keys'), 'rules', landmark_days='rules.landmark_days'
    ) }}

),

matched as (

    select journey_id, segment_code, priority
    from met
    group by journey_id, segment_code, group_number, priority
    having count(*) = max(conditions_count)

),

chosen as (

    select
        journey_id,
        min_by(segment_code, (priority, segment_code)) as segment_code
    from matched
    group by journey_id

),

placed as (

    select
        journeys.journey_id,
        journeys.entered_at,
        journeys.outcome_at,
        coalesce(chosen.segment_code, 'other') as segment_code
    from {{ ref('int_journeys') }} as journeys
    left join chosen on journeys.journey_id = chosen.journey_id

),

marked as (

    select
        placed.*,
        coalesce(segments.landmark_days, 0) as landmark_days,
        {{ plus_seconds(
            'placed.entered_at', 'coalesce(segments.landmark_days, 0) * 86400'
        ) }} as landmark_at
    from placed
    left join {{ ref('segments') }} as segments
        on placed.segment_code = segments.segment_code

),

segmented as (

    select
        journey_id,
        case
            when outcome_at < landmark_at and landmark_days > 0
                then 'ended_before_landmark'
            else segment_code
        end as segment_code,
        landmark_days,
        landmark_at
    from marked

)

select * from segmented
