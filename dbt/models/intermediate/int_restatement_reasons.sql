-- Why a journey moved: the first that holds. What concerns all journeys alike, as an
-- edited seed or model does, is the reason only where nothing of the journey's own is.
with changes as (

    select
        {% for code in [
            'late_row', 'corrected_row', 'merge', 'conversion', 'remapped_stage',
            'news', 'source_set', 'withdrawal', 'erasure'
        ] %}
        sum(case when change_code = '{{ code }}' then transitions_count else 0 end)
            as {{ code }}_count,
        {% endfor %}
        journey_id
    from {{ ref('int_transition_changes') }}
    group by journey_id

),

files as (

    select
        count(case when is_withdrawn then 1 end) > 0 as has_withdrawn,
        count(case when is_erased then 1 end) > 0 as has_erased
    from {{ ref('int_file_changes') }}

),

faced as (

    select
        moved.journey_id,
        changes.* {{ exclude() }} (journey_id),  -- noqa: RF02
        states.* {{ exclude() }} (journey_id),  -- noqa: RF02
        worth.change_code as worth_code,
        run_changes.* {{ exclude() }} (told_until),  -- noqa: RF02
        files.has_withdrawn or run_changes.is_looking_back as has_withdrawn,
        files.has_erased
    from {{ ref('int_moved_journeys') }} as moved
    left join changes on moved.journey_id = changes.journey_id
    left join {{ ref('int_state_changes') }} as states
        on moved.journey_id = states.journey_id
    left join {{ ref('int_worth_changes') }} as worth
        on moved.journey_id = worth.journey_id
    cross join {{ ref('int_run_changes') }} as run_changes
    cross join files

),

reasons as (

    select
        journey_id,
        case
            when late_row_count > corrected_row_count
                or is_record_new
                or worth_code = 'late_row'
                or has_late_touches
                then 'late_row'
            when corrected_row_count > 0
                or (is_described_otherwise or worth_code = 'corrected_row')
                and not has_withdrawn and not has_erased
                then 'corrected_row'
            when is_deletion_changed then 'deletion'
            when merge_count > 0 then 'merge'
            when news_count > 0 and was_decided then 'reopening'
            when conversion_count > 0 or is_linked_otherwise then 'conversion'
            when is_known_otherwise and not (is_somebody_forgotten and is_nobodys)
                then 'identity'
            when remapped_stage_count > 0 then 'remapped_stage'
            when is_segmented_otherwise and is_segment_rule_changed
                then 'segment_rule'
            when worth_code = 'fx_rate' then 'fx_rate'
            when source_set_count > 0 then 'source_set'
            when withdrawal_count > 0 then 'withdrawal'
            when erasure_count > 0 or is_somebody_forgotten and is_nobodys
                then 'erasure'
            when is_seed_changed then 'seed'
            when is_model_changed then 'model'
            when is_source_set_changed then 'source_set'
            when has_withdrawn then 'withdrawal'
            when has_erased or is_somebody_forgotten then 'erasure'
            else 'unexplained'
        end as reason_code
    from faced

)

select * from reasons
