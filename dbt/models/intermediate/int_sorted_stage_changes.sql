-- The order of each journey's changes; the absorbed and the awaited stand outside it.
with changes as (

    select * from {{ ref('int_stage_changes') }}
    where not is_ignored

),

records as (

    select * from {{ touched(ref('int_journey_records')) }}

),

joined as (

    select
        changes.*,
        records.journey_id,
        records.is_absorbed_record,
        records.merged_at,
        case
            when changes.is_lost then 2000000001
            when changes.is_unmapped then 2000000000
            else changes.stage_order
        end as tie_order,
        case
            when changes.changed_at is null then null
            when changes.changed_at > runs.as_of then changes.changed_at
            when changes.evidence_kind = 'own_date'
                and changes.source_sequence is not null
                then
                    max(
                        case
                            when changes.changed_at <= runs.as_of
                                then changes.changed_at
                        end
                    ) over (
                        partition by
                            records.journey_id,
                            coalesce(changes.lead_id, changes.deal_id),
                            changes.evidence_kind
                        order by changes.source_sequence nulls last, changes.changed_at
                        rows between unbounded preceding and current row
                    )
            else changes.changed_at
        end as effective_at,
        min(case when not records.is_absorbed_record then changes.changed_at end) over (
            partition by records.journey_id
        ) as survivor_entered_at
    from changes
    inner join records
        on changes.source_code = records.source_code
        and changes.record_kind = records.record_kind
        and changes.record_id = records.record_id
    cross join {{ ref('int_run') }} as runs

),

flagged as (

    select
        *,
        is_absorbed_record
        and coalesce(changed_at > survivor_entered_at and changed_at < merged_at, false)
            as is_absorbed,
        coalesce(
            changed_at > (select runs.as_of from {{ ref('int_run') }} as runs),
            false
        ) as is_awaited
    from joined

),

ordered as (

    select
        *,
        row_number() over (
            partition by journey_id
            order by
                effective_at nulls first, coalesce(source_sequence, 0),
                tie_order, transition_id
        ) as order_number,
        count(case when not is_absorbed then pipeline_code end) over (
            partition by journey_id
            order by
                effective_at nulls first, coalesce(source_sequence, 0),
                tie_order, transition_id
            rows between unbounded preceding and current row
        ) as pipelines_seen_count
    from flagged

)

select * from ordered
