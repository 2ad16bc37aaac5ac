-- What: where nobody is censored before the horizon and none enters late,
--       cumulative incidence is the plain conversion rate.
-- Why: the estimator must cost nothing where it is not needed.
-- A row: a fully followed cohort whose two figures differ.
select * from {{ ref('fct_monthly_conversions') }}
where not is_left_truncated
    and is_mature
    and abs(cumulative_incidence - conversion_rate) > 1e-12
