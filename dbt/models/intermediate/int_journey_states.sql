-- What a journey is apart from its changes of stage: why it moved is told by it.
with journeys as (

    select * from {{ ref('int_journeys') }}

),

segments as (

    select * from {{ ref('int_journey_segments') }}

),

touches as (

    select journey_id, sum(number_value) as touches_count
    from {{ ref('int_journey_features') }}
    where feature_code = 'touches_count'
    group by journey_id

),

states as (

    select
        journeys.journey_id,
        journeys.source_code,
        journeys.lead_id,
        journeys.deal_id,
        journeys.person_id,
        segments.segment_code,
        journeys.channel_code,
        journeys.outcome_code,
        {{ hash_of(
            ['journeys.source_channel', 'journeys.region', 'journeys.product']
        ) }} as attributes_hash,
        cast(
            case when deals.deal_id is null then 0 else 1 end
            + case when leads.lead_id is null then 0 else 1 end as bigint
        ) as records_count,
        cast(coalesce(touches.touches_count, 0) as bigint) as touches_count,
        journeys.is_deleted,
        journeys.is_duplicate,
        journeys.is_returning,
        journeys.deleted_at
    from journeys
    inner join segments on journeys.journey_id = segments.journey_id
    left join {{ ref('int_deals') }} as deals
        on journeys.source_code = deals.source_code
        and journeys.deal_id = deals.deal_id
    left join {{ ref('int_leads') }} as leads
        on journeys.source_code = leads.source_code
        and journeys.lead_id = leads.lead_id
    left join touches on journeys.journey_id = touches.journey_id

)

select * from states
