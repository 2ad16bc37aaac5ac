-- What else than data differs between this build and the last published generation.
with builds as (

    select
        max(case when recency = 1 then as_of end) as previous_as_of,
        max(case when recency = 1 then told_until end) as told_until,
        max(as_of) as furthest_as_of
    from {{ ref('int_recorded_builds') }}

),

dated as (

    select valid_from as turning_date from {{ ref('stages') }}
    union
    select valid_to as turning_date from {{ ref('stages') }}

),

turned as (

    select count(dated.turning_date) > 0 as has_turned
    from builds
    cross join {{ source('lake', 'runs') }} as runs
    left join dated
        on {{ reporting_date('builds.previous_as_of') }} < dated.turning_date
        and {{ reporting_date('runs.as_of') }} >= dated.turning_date

),

changes as (

    select
        builds.told_until,
        counted.segment_seeds_count > 0 as is_segment_rule_changed,
        counted.seeds_count > 0 or turned.has_turned as is_seed_changed,
        counted.models_count > 0 as is_model_changed,
        counted.tombstones_count > 0 as is_somebody_forgotten,
        counted.sources_count > 0 as is_source_set_changed,
        coalesce(
            runs.as_of < builds.furthest_as_of
            or builds.previous_as_of < builds.furthest_as_of,
            false
        ) as is_looking_back
    from {{ ref('int_ingredient_changes') }} as counted
    cross join builds
    cross join turned
    cross join {{ source('lake', 'runs') }} as runs

)

select * from changes
