-- Where the source names no pipeline, it is the one that the journey is in.
with ordered as (

    select * from {{ touched(ref('int_sorted_stage_changes')) }}

),

placed as (

    select
        * {{ exclude() }} (pipeline_code),
        coalesce(
            pipeline_code,
            max(case when not is_absorbed then pipeline_code end) over (
                partition by journey_id, pipelines_seen_count
            ),
            'unknown'
        ) as pipeline_code
    from ordered

),

compared as (

    select
        *,
        not is_absorbed and coalesce(
            stage_code = lag(stage_code) over followed
            and pipeline_code = lag(pipeline_code) over followed
            and lag(effective_at) over followed is not null,
            false
        ) as is_repeated
    from placed
    window followed as (partition by journey_id, is_absorbed order by order_number)

)

select * from compared
