-- What: entered = converted + lost + transferred + open, and rates stay within bounds.
-- Why: an open deal counted as lost is the commonest error of the field.
-- A row: a cohort and horizon that does not add up.
select * from {{ ref('fct_monthly_conversions') }}
where entered_count <> converted_count + lost_count + transferred_count + open_count
    or open_count < 0
    or conversion_rate < conversion_rate_low - 1e-12
    or conversion_rate > conversion_rate_high + 1e-12
    or cumulative_incidence not between 0 and 1 + 1e-12
