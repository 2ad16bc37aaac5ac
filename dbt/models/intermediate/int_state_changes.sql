-- What is otherwise with a moved journey itself than when it was last published.
with run_changes as (

    select * from {{ ref('int_run_changes') }}

),

late_touches as (

    select distinct events.person_id
    from {{ ref('int_journey_events') }} as events
    cross join run_changes
    where events.occurred_at < run_changes.told_until
        and events.known_at >= run_changes.told_until

),

joined as (

    select
        states.*,
        coalesce(states.lead_id, '') = coalesce(last_states.lead_id, '')
        and coalesce(states.deal_id, '') = coalesce(last_states.deal_id, '')
            as is_linked_alike,
        states.segment_code <> last_states.segment_code as is_segmented_otherwise,
        states.channel_code <> last_states.channel_code as is_in_other_channel,
        states.attributes_hash <> last_states.attributes_hash
            as has_other_attributes,
        states.touches_count <> last_states.touches_count as is_touched_otherwise,
        states.records_count > last_states.records_count as has_more_records,
        states.is_deleted <> last_states.is_deleted
        or coalesce(states.deleted_at, timestamp '0001-01-01 00:00:00')
        <> coalesce(last_states.deleted_at, timestamp '0001-01-01 00:00:00')
            as is_deletion_changed,
        states.is_duplicate <> last_states.is_duplicate as is_set_aside_otherwise,
        coalesce(states.person_id, '') <> coalesce(last_states.person_id, '')
        or states.is_returning <> last_states.is_returning as is_other_person,
        last_states.outcome_code <> 'open' as was_decided,
        states.person_id is null as is_nobodys,
        late_touches.person_id is not null as has_late_events
    from {{ ref('int_journey_states') }} as states
    inner join {{ ref('int_last_states') }} as last_states
        on states.journey_id = last_states.journey_id
    inner join {{ ref('int_moved_journeys') }} as moved
        on states.journey_id = moved.journey_id
    left join late_touches on states.person_id = late_touches.person_id

),

changes as (

    select
        journey_id,
        was_decided,
        is_deletion_changed,
        is_segmented_otherwise,
        is_nobodys,
        has_more_records and is_linked_alike as is_record_new,
        not is_linked_alike or is_set_aside_otherwise as is_linked_otherwise,
        is_linked_alike
        and has_other_attributes
        and (is_segmented_otherwise or is_in_other_channel) as is_described_otherwise,
        is_segmented_otherwise
        and (is_other_person or is_touched_otherwise) as is_known_otherwise,
        is_segmented_otherwise
        and is_touched_otherwise
        and has_late_events as has_late_touches
    from joined

)

select * from changes
