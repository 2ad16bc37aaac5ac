with needs as (

    select * from {{ ref('int_volume_needs') }}

),

counted as (

    select
        needs.period_start,
        needs.period_code,
        needs.pipeline_code,
        needs.owner_id,
        needs.team_code,
        needs.metric_code,
        needs.volume_kind,
        needs.volume_code,
        count(*) as actual_count
    from needs
    inner join {{ ref('int_volume_totals') }} as volumes
        on needs.pipeline_code = volumes.pipeline_code
        and needs.volume_kind = volumes.volume_kind
        and needs.volume_code = volumes.volume_code
        and needs.owner_id in ('all', volumes.owner_id)
        and needs.team_code in ('all', volumes.team_code)
        and needs.due_from <= volumes.occurred_at
        and needs.counted_until > volumes.occurred_at
    group by
        needs.period_start, needs.period_code, needs.pipeline_code, needs.owner_id,
        needs.team_code, needs.metric_code, needs.volume_kind, needs.volume_code

)

select * from counted
