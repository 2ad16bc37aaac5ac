-- Only who was watched for the whole horizon is asked whether it converted within it.
with clocks as (

    select * from {{ ref('int_evidence_clocks') }}

),

horizons as (

    select * from {{ ref('int_horizons') }}

),

timed as (

    select
        clocks.*,
        horizons.horizon_days,
        horizons.horizon_microseconds,
        clocks.followed_for < 0 and clocks.end_code <> 'open' as is_over,
        clocks.followed_for >= 0
        and clocks.watched_for >= horizons.horizon_microseconds
        and not clocks.is_left_truncated as is_watched
    from clocks
    cross join horizons

),

counted as (

    select
        pipeline_code,
        stage_code,
        owner_id,
        evidence_code,
        horizon_days,
        count(*) as journeys_count,
        count(case when is_over then 1 end) as ended_before_landmark_count,
        count(case when is_watched then 1 end) as watched_count,
        count(
            case
                when is_watched
                    and end_code = 'converted'
                    and followed_for <= horizon_microseconds
                    then 1
            end
        ) as converted_count
    from timed
    group by pipeline_code, stage_code, owner_id, evidence_code, horizon_days

)

select * from counted
