-- The ledger's directions, each judged against the last mapped stage.
with changes as (

    select * from {{ touched(ref('int_followed_stage_changes')) }}

),

skipped as (

    select changes.transition_id, count(*) as skipped_stages_count
    from changes
    inner join {{ ref('int_stages') }} as stages
        on changes.pipeline_code = stages.pipeline_code
        and changes.last_mapped_stage_order < stages.stage_order
        and changes.stage_order > stages.stage_order
        and changes.changed_date >= stages.held_from
        and changes.changed_date < stages.held_to
        and not stages.is_lost
    where not changes.is_lost and not changes.was_lost
        and changes.pipeline_code = changes.last_mapped_pipeline_code
    group by changes.transition_id

),

directed as (

    select
        changes.*,
        coalesce(skipped.skipped_stages_count, 0) as skipped_stages_count,
        case
            when changes.step_number = 1 then 'entry'
            when changes.last_mapped_pipeline_code is null and not changes.is_unmapped
                then 'entry'
            when changes.pipeline_code <> changes.last_mapped_pipeline_code
                then 'transfer'
            when changes.is_unmapped then 'unmapped'
            when changes.is_lost then 'lost'
            when (changes.was_won or changes.was_lost) and not changes.is_won
                then 'reopen'
            when changes.is_won and not changes.was_won then 'won'
            when changes.stage_order < changes.last_mapped_stage_order then 'backward'
            when coalesce(skipped.skipped_stages_count, 0) > 0 then 'skip'
            else 'forward'
        end as direction_code,
        {{ seconds_between('changes.from_changed_at', 'changes.changed_at') }}
            as seconds_in_from_stage
    from changes
    left join skipped on changes.transition_id = skipped.transition_id

)

select * from directed
