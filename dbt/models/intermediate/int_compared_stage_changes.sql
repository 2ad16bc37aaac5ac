-- Sources without a history: what differs between consecutive extracts, and own dates.
with versions as (

    select * from {{ ref('int_deal_versions') }}
    where not has_recorded_history

),

followed as (

    select
        *,
        lag(source_stage) over (
            partition by source_code, deal_id order by version_number
        ) as previous_stage,
        lag(source_pipeline) over (
            partition by source_code, deal_id order by version_number
        ) as previous_pipeline,
        lag(known_at) over (
            partition by source_code, deal_id order by version_number
        ) as previous_known_at
    from versions

),

changed as (

    select
        *,
        case
            when version_number = 1 then coalesce(closed_at, created_at)
            when closed_at > previous_known_at and closed_at <= known_at then closed_at
        end as own_date
    from followed
    where source_stage is not null
        and (
            version_number = 1
            or source_stage is distinct from previous_stage
            or source_pipeline is distinct from previous_pipeline
        )

),

dated as (

    select
        source_code,
        deal_id,
        lead_id,
        source_pipeline,
        source_stage,
        coalesce(own_date, known_at) as changed_at,
        case when own_date is null then previous_known_at end as changed_after,
        cast(null as bigint) as source_sequence,
        case when own_date is null then 'comparison' else 'own_date' end
            as evidence_kind,
        known_at,
        source_file,
        source_row,
        uncastable
    from changed

)

select * from dated
