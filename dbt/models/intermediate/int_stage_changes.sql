-- Mapped by the registry as it stood on the day of the change.
with changes as (

    select
        *,
        coalesce(
            {{ reporting_date('changed_at') }},
            (select {{ reporting_date('as_of') }} from {{ ref('int_run') }})
        ) as changed_date
    from {{ touched(ref('int_recorded_stage_changes')) }}

),

aliases as (

    select
        *,
        coalesce(valid_from, date '0001-01-01') as held_from,
        coalesce(valid_to, date '9999-12-31') as held_to
    from {{ ref('stage_aliases') }}

),

pipelines as (

    select source_code, source_pipeline, min(pipeline_code) as pipeline_code
    from aliases
    group by source_code, source_pipeline
    having count(distinct pipeline_code) = 1

),

matched as (

    select
        changes.*,
        aliases.source_code is not null as is_registered,
        coalesce(
            aliases.is_ignored
            and changes.changed_date >= aliases.held_from
            and changes.changed_date < aliases.held_to,
            false
        ) as is_ignored,
        aliases.pipeline_code as alias_pipeline_code,
        case
            when changes.changed_date >= aliases.held_from
                and changes.changed_date < aliases.held_to
                then aliases.stage_code
        end as alias_stage_code,
        row_number() over (
            partition by changes.transition_id
            order by
                case
                    when changes.changed_date >= aliases.held_from
                        and changes.changed_date < aliases.held_to
                        then 0
                    else 1
                end asc,
                case when aliases.source_pipeline is null then 1 else 0 end asc,
                aliases.held_from desc,
                aliases.stage_code asc
        ) as match_number
    from changes
    left join aliases
        on changes.source_code = aliases.source_code
        and changes.source_stage = aliases.source_stage
        and (
            aliases.source_pipeline is null
            or changes.source_pipeline = aliases.source_pipeline
        )

),

mapped as (

    select
        matched.*,
        coalesce(
            matched.alias_pipeline_code, pipelines.pipeline_code
        ) as pipeline_code,
        coalesce(stages.stage_code, 'unmapped') as stage_code,
        stages.stage_code is null as is_unmapped,
        coalesce(stages.is_won, false) as is_won,
        coalesce(stages.is_lost, false) as is_lost,
        stages.stage_order,
        stages.stale_after_seconds
    from matched
    left join {{ ref('int_stages') }} as stages
        on matched.alias_pipeline_code = stages.pipeline_code
        and matched.alias_stage_code = stages.stage_code
        and matched.changed_date >= stages.held_from
        and matched.changed_date < stages.held_to
    left join pipelines
        on matched.source_code = pipelines.source_code
        and matched.source_pipeline is not distinct from pipelines.source_pipeline
    where matched.match_number = 1

)

select * from mapped
