-- Each transition of a moved journey as it was last published and as it is now.
with transitions as (

    select transitions.*
    from {{ ref('int_journey_transitions') }} as transitions
    inner join {{ ref('int_moved_journeys') }} as moved
        on transitions.journey_id = moved.journey_id

),

last_transitions as (

    select transitions.*
    from {{ ref('int_last_transitions') }} as transitions
    inner join {{ ref('int_moved_journeys') }} as moved
        on transitions.journey_id = moved.journey_id

),

told_before as (

    select distinct recorded.transition_id
    from {{ source('lake', 'rec_transitions') }} as recorded
    inner join {{ ref('int_recorded_builds') }} as builds
        on recorded.generation = builds.generation

),

sources as (

    select ingredient_name as source_code from {{ source('lake', 'ingredients') }}
    where kind_code = 'source'

),

last_sources as (

    select ingredient_name as source_code from {{ ref('int_last_ingredients') }}
    where kind_code = 'source'

),

compared as (

    select
        transitions.journey_id,
        last_transitions.journey_id as last_journey_id,
        case
            -- new
            when last_transitions.transition_id is null
                and last_sources.source_code is null
                then 'source_set'
            when last_transitions.transition_id is null
                and told_before.transition_id is not null
                then 'withdrawal'
            when last_transitions.transition_id is null
                and transitions.changed_at < run_changes.told_until
                then 'late_row'
            when last_transitions.transition_id is null then 'news'
            -- gone
            when transitions.transition_id is null and sources.source_code is null
                then 'source_set'
            when transitions.transition_id is null
                and (files.is_withdrawn or run_changes.is_looking_back)
                then 'withdrawal'
            when transitions.transition_id is null and files.is_erased then 'erasure'
            when transitions.transition_id is null then 'corrected_row'
            -- in another journey
            when transitions.journey_id <> last_transitions.journey_id
                and (
                    transitions.is_absorbed_record
                    or last_transitions.is_absorbed_record
                )
                then 'merge'
            when transitions.journey_id <> last_transitions.journey_id
                then 'conversion'
            -- where it was
            when coalesce(transitions.pipeline_code, '')
                <> coalesce(last_transitions.pipeline_code, '')
                or coalesce(transitions.stage_code, '')
                <> coalesce(last_transitions.stage_code, '')
                then 'remapped_stage'
            when transitions.changed_at >= run_changes.told_until then 'news'
        end as change_code
    from transitions
    full outer join last_transitions
        on transitions.transition_id = last_transitions.transition_id
    left join told_before on transitions.transition_id = told_before.transition_id
    left join sources on last_transitions.source_code = sources.source_code
    left join last_sources on transitions.source_code = last_sources.source_code
    left join {{ ref('int_file_changes') }} as files
        on last_transitions.source_file = files.source_file
    cross join {{ ref('int_run_changes') }} as run_changes

)

select * from compared
