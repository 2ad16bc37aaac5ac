-- An id with two labels is two stages to those who read them; flags of the source that
-- the registry contradicts make its wins our losses.
with labels as (

    {{ union_sources('stage_labels') }}

),

together as (

    select
        source_code, source_pipeline, source_stage, known_at,
        count(distinct source_label) as labels_count,
        min(source_label) as one_label,
        max(source_label) as other_label,
        min(source_file) as source_file
    from labels
    group by source_code, source_pipeline, source_stage, known_at

),

worst as (

    select
        *,
        row_number() over (
            partition by source_code, source_pipeline, source_stage
            order by labels_count desc, known_at desc
        ) as badness
    from together

),

latest as (

    select
        *,
        row_number() over (
            partition by source_code, source_pipeline, source_stage
            order by known_at desc, source_file desc, source_row desc
        ) as recency
    from labels

),

registered as (

    select
        aliases.source_code, aliases.source_pipeline, aliases.source_stage,
        min(stages.stage_code) as stage_code,
        max(stages.is_won) as is_won,
        max(stages.is_lost) as is_lost
    from {{ ref('stage_aliases') }} as aliases
    inner join {{ ref('int_stages_at_as_of') }} as stages
        on aliases.pipeline_code = stages.pipeline_code
        and aliases.stage_code = stages.stage_code
    group by aliases.source_code, aliases.source_pipeline, aliases.source_stage

),

judged as (

    select
        worst.source_code, worst.source_pipeline, worst.source_stage,
        registered.stage_code,
        worst.labels_count,
        worst.one_label,
        worst.other_label,
        case
            when latest.is_won and not registered.is_won then 'won there, not here'
            when not latest.is_won and registered.is_won then 'won here, not there'
            when latest.is_closed and not registered.is_won and not registered.is_lost
                then 'closed there, open here'
            when not latest.is_closed and (registered.is_won or registered.is_lost)
                then 'closed here, open there'
            when latest.probability < 1 and registered.is_won
                then 'won here, with a probability below 1 there'
            when latest.probability > 0 and registered.is_lost
                then 'lost here, with a probability above 0 there'
        end as message,
        worst.source_file as example_file
    from worst
    inner join latest
        on worst.source_code = latest.source_code
        and worst.source_pipeline is not distinct from latest.source_pipeline
        and worst.source_stage = latest.source_stage
    left join registered
        on worst.source_code = registered.source_code
        and worst.source_stage = registered.source_stage
        and coalesce(registered.source_pipeline, worst.source_pipeline, '')
        = coalesce(worst.source_pipeline, '')
    where worst.badness = 1 and latest.recency = 1

)

select
    *,
    message is null as is_agreed
from judged
