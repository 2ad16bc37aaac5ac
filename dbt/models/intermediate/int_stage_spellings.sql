-- What each spelling of a stage meant on a day, by the registry as it stood then.
-- Stages and days are few, however many the changes: each is looked up once.
with aliases as (

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

spelled as (

    select distinct source_code, source_pipeline, source_stage, changed_date
    from {{ ref('int_dated_stage_changes') }}

),

matched as (

    select
        spelled.*,
        aliases.source_code is not null as is_registered,
        coalesce(
            aliases.is_ignored
            and spelled.changed_date >= aliases.held_from
            and spelled.changed_date < aliases.held_to,
            false
        ) as is_ignored,
        aliases.pipeline_code as alias_pipeline_code,
        case
            when spelled.changed_date >= aliases.held_from
                and spelled.changed_date < aliases.held_to
                then aliases.stage_code
        end as alias_stage_code,
        row_number() over (
            partition by
                spelled.source_code, spelled.source_pipeline, spelled.source_stage,
                spelled.changed_date
            order by
                case
                    when spelled.changed_date >= aliases.held_from
                        and spelled.changed_date < aliases.held_to
                        then 0
                    else 1
                end asc,
                case when aliases.source_pipeline is null then 1 else 0 end asc,
                aliases.held_from desc,
                aliases.stage_code asc
        ) as match_number
    from spelled
    left join aliases
        on spelled.source_code = aliases.source_code
        and spelled.source_stage = aliases.source_stage
        and (
            aliases.source_pipeline is null
            or spelled.source_pipeline = aliases.source_pipeline
        )

),

meant as (

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

select * from meant
