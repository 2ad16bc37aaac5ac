-- What there is against what was due by now. Counts scatter by their root: fewer than
-- that, 1.645 times, come by chance in one case of twenty.
with needs as (

    select
        *,
        needed_count * due_share as due_count
    from {{ ref('int_volume_needs') }}

),

compared as (

    select
        needs.*,
        cast(coalesce(counts.actual_count, 0) as bigint) as actual_count,
        1 - coalesce(counts.actual_count, 0) / nullif(needs.due_count, 0)
            as shortfall_share,
        coalesce(
            needs.due_count >= 5
            and coalesce(counts.actual_count, 0)
            < needs.due_count - 1.645e0 * sqrt(needs.due_count),
            false
        ) as is_warning
    from needs
    left join {{ ref('int_volume_counts') }} as counts
        on needs.period_start = counts.period_start
        and needs.period_code = counts.period_code
        and needs.pipeline_code = counts.pipeline_code
        and needs.owner_id = counts.owner_id
        and needs.team_code = counts.team_code
        and needs.metric_code = counts.metric_code
        and needs.volume_kind = counts.volume_kind
        and needs.volume_code = counts.volume_code

),

stages as (

    select 'stage' as volume_kind, stage_code, min(stage_name) as stage_name
    from {{ ref('int_stages_at_as_of') }}
    group by stage_code

),

named as (

    select
        compared.*,
        case
            when compared.volume_kind = 'stage'
                then '"' || coalesce(stages.stage_name, compared.volume_code) || '"'
            else replace(compared.volume_code, '_', ' ')
        end as volume_name,
        {{ period_name('compared.period_code', 'compared.period_start') }}
            as period_name
    from compared
    left join stages
        on compared.volume_kind = stages.volume_kind
        and compared.volume_code = stages.stage_code

)

select * from named
