-- When half and nine tenths have left a stage (Kaplan-Meier), and the shares that went
-- on and that went elsewhere, as far as anybody was followed. A rounding above one half
-- is one half.
with times as (

    select
        cohort_number,
        min(case when survival_after <= 0.5 + 1e-12 then moment end) / 1e6
            as median_seconds,
        min(case when survival_after <= 0.1 + 1e-12 then moment end) / 1e6
            as p90_seconds,
        max(incidence) as advancing_rate,
        greatest(1 - min(survival_after) - max(incidence), 0) as leaving_rate
    from {{ ref('int_wait_points') }}
    group by cohort_number

)

select * from times
