-- The last loss, where nothing but losses is known behind it: one that was reopened
-- does not stand.
with mapped as (

    select
        *,
        coalesce(lag(is_lost) over in_pipeline, false) as was_lost_here,
        row_number() over (
            partition by journey_id, pipeline_code order by step_number desc
        ) as recency
    from {{ ref('int_transitions') }}
    where not is_unmapped
    window in_pipeline as (partition by journey_id, pipeline_code order by step_number)

),

losses as (

    select
        journey_id,
        pipeline_code,
        max(case when is_lost and not was_lost_here then step_number end)
            as lost_number,
        max_by(
            changed_at, case when is_lost and not was_lost_here then step_number end
        ) as lost_at,
        max_by(
            known_at, case when is_lost and not was_lost_here then step_number end
        ) as lost_known_at
    from mapped
    group by journey_id, pipeline_code
    having max(case when recency = 1 and is_lost then 1 else 0 end) = 1

)

select * from losses
