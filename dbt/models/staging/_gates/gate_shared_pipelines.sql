-- Where several sources feed a pipeline, a stage that one of them cannot say is one
-- that its journeys seem to skip.
with used as (

    select
        pipeline_code,
        stage_code,
        source_code,
        count(*) as changes_count,
        min(source_file) as source_file
    from {{ ref('int_stage_changes') }}
    where not is_unmapped and not is_ignored
    group by pipeline_code, stage_code, source_code

),

stages as (

    select
        pipeline_code,
        stage_code,
        sum(changes_count) as changes_count,
        min(source_code) as example_source_code,
        min_by(source_file, source_code) as example_file
    from used
    group by pipeline_code, stage_code

),

feeding as (

    select pipeline_code, source_code
    from used
    group by pipeline_code, source_code

),

shared as (

    select pipeline_code
    from feeding
    group by pipeline_code
    having count(*) > 1

),

named as (

    select distinct source_code, pipeline_code, stage_code
    from {{ ref('stage_aliases') }}
    where not is_ignored

),

judged as (

    select
        stages.pipeline_code,
        stages.stage_code,
        feeding.source_code,
        cast(stages.changes_count as bigint) as changes_count,
        stages.example_source_code,
        stages.example_file,
        named.source_code is not null as is_named
    from stages
    inner join shared on stages.pipeline_code = shared.pipeline_code
    inner join feeding on stages.pipeline_code = feeding.pipeline_code
    left join named
        on stages.pipeline_code = named.pipeline_code
        and stages.stage_code = named.stage_code
        and feeding.source_code = named.source_code

)

select * from judged
