-- Where a journey came from, as people name it: by its channel, by the stage it entered
-- at, by what its customer had done up to the landmark. It may have come by several
-- ways; what customers brought counts once, and so does the whole.
with journeys as (

    select
        journeys.journey_id,
        coalesce(journeys.entry_pipeline_code, 'unknown') as pipeline_code,
        journeys.entry_stage_code,
        journeys.channel_code,
        segments.landmark_days,
        segments.landmark_at
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

ways as (

    select journey_id, 'channel' as match_kind, channel_code as match_code
    from journeys
    union all
    select journey_id, 'stage' as match_kind, entry_stage_code as match_code
    from journeys

),

matched as (

    select
        ways.journey_id,
        origins.origin_code,
        origins.is_brought_by_customers
    from ways
    inner join {{ ref('origins') }} as origins
        on ways.match_kind = origins.match_kind
        and ways.match_code = origins.match_code
    union all
    select
        journeys.journey_id,
        origins.origin_code,
        origins.is_brought_by_customers
    from journeys
    inner join {{ ref('int_journey_features') }} as features
        on journeys.journey_id = features.journey_id
        and journeys.landmark_days = features.landmark_days
    inner join {{ ref('origins') }} as origins
        on origins.match_kind = 'event'
        and features.feature_code = origins.match_code || '_count'
    union all
    select
        journey_id,
        relation_code as origin_code,
        relation_code = 'repeat' as is_brought_by_customers
    from {{ ref('int_customer_paths') }}
    where relation_code in ('repeat', 'win_back')

),

united as (

    select journey_id, origin_code from matched
    union
    select journey_id, 'customers' as origin_code
    from matched
    where is_brought_by_customers
    union
    select journey_id, 'all' as origin_code from journeys

),

origins as (

    select
        journeys.*,
        united.origin_code
    from journeys
    inner join united on journeys.journey_id = united.journey_id

)

select * from origins
