-- What else than data differs between this build and the last published generation.
with ingredients as (

    select kind_code, ingredient_name, fingerprint
    from {{ source('lake', 'ingredients') }}

),

last_ingredients as (

    select kind_code, ingredient_name, fingerprint
    from {{ ref('int_last_ingredients') }}

),

differing as (

    select kind_code, ingredient_name
    from (
        select * from ingredients
        except
        select * from last_ingredients
    ) as added
    union
    select kind_code, ingredient_name
    from (
        select * from last_ingredients
        except
        select * from ingredients
    ) as taken

),

sources as (

    select ingredients.ingredient_name, 1 as sign from ingredients
    where ingredients.kind_code = 'source'
    union all
    select last_ingredients.ingredient_name, -1 as sign from last_ingredients
    where last_ingredients.kind_code = 'source'

),

unmatched_sources as (

    select ingredient_name from sources
    group by ingredient_name
    having sum(sign) <> 0

),

builds as (

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

counted as (

    select
        count(case when kind_code = 'seed' then 1 end) as seeds_count,
        count(
            case
                when kind_code = 'seed'
                    and ingredient_name in ('segments', 'segment_rules')
                    then 1
            end
        ) as segment_seeds_count,
        count(case when kind_code in ('code', 'setting') then 1 end) as models_count,
        count(case when kind_code = 'tombstones' then 1 end) as tombstones_count
    from differing

),

changes as (

    select
        builds.told_until,
        counted.segment_seeds_count > 0 as is_segment_rule_changed,
        counted.seeds_count > 0 or turned.has_turned as is_seed_changed,
        counted.models_count > 0 as is_model_changed,
        counted.tombstones_count > 0 as is_somebody_forgotten,
        (select count(*) from unmatched_sources) > 0 as is_source_set_changed,
        coalesce(
            runs.as_of < builds.furthest_as_of
            or builds.previous_as_of < builds.furthest_as_of,
            false
        ) as is_looking_back
    from counted
    cross join builds
    cross join turned
    cross join {{ source('lake', 'runs') }} as runs

)

select * from changes
