-- Two aliases of one spelling that hold at one time would count a deal twice.
with aliases as (

    select
        *,
        coalesce(valid_from, date '0001-01-01') as held_from,
        coalesce(valid_to, date '9999-12-31') as held_to,
        row_number() over (
            order by
                source_code,
                source_pipeline nulls last,
                source_stage,
                valid_from nulls last,
                pipeline_code nulls last,
                stage_code nulls last
        ) as alias_number
    from {{ ref('stage_aliases') }}

),

overlapping as (

    select aliases.alias_number, count(*) as overlaps_count
    from aliases
    inner join aliases as others
        on aliases.source_code = others.source_code
        and aliases.source_stage = others.source_stage
        and aliases.source_pipeline is not distinct from others.source_pipeline
        and aliases.alias_number <> others.alias_number
        and aliases.held_from < others.held_to
        and aliases.held_to > others.held_from
    group by aliases.alias_number

),

stages as (

    select
        pipeline_code, stage_code,
        max(coalesce(valid_to, date '9999-12-31')) as held_to
    from {{ ref('stages') }}
    group by pipeline_code, stage_code

),

judged as (

    select
        aliases.source_code,
        aliases.source_pipeline,
        aliases.source_stage,
        aliases.valid_from,
        aliases.valid_to,
        least(aliases.held_to, coalesce(stages.held_to, aliases.held_to)) as ends_on,
        coalesce(overlapping.overlaps_count, 0) as overlaps_count,
        coalesce(aliases.is_ignored, false)
        or stages.stage_code is not null as is_stage_registered
    from aliases
    left join overlapping on aliases.alias_number = overlapping.alias_number
    left join stages
        on aliases.pipeline_code = stages.pipeline_code
        and aliases.stage_code = stages.stage_code

)

select * from judged
