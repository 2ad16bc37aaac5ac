-- Conversion of owners and teams, drawn towards that of all: by how much owners differ
-- beyond chance (method of moments) against the chance error of as many outcomes.
with rates as (

    select
        cohort_number,
        max(incidence) as conversion_rate,
        sum(ending_count) as outcomes_count
    from {{ ref('int_owner_points') }}
    group by cohort_number

),

placed as (

    select
        cells.cohort_number,
        cells.pipeline_code,
        cells.team_code,
        cells.owner_id,
        rates.conversion_rate,
        coalesce(rates.outcomes_count, 0) as outcomes_count,
        max(
            case
                when cells.team_code = 'all' and cells.owner_id = 'all'
                    then rates.conversion_rate
            end
        ) over (partition by cells.pipeline_code) as common_rate
    from {{ ref('int_owner_cells') }} as cells
    left join rates on cells.cohort_number = rates.cohort_number

),

spread as (

    select
        pipeline_code,
        (
            sum(outcomes_count * power(conversion_rate - common_rate, 2))
            - (count(*) - 1) * max(common_rate * (1 - common_rate))
        )
        / nullif(
            sum(outcomes_count) - sum(power(outcomes_count, 2)) / sum(outcomes_count), 0
        ) as owners_variance
    from placed
    where owner_id <> 'all' and outcomes_count > 0
    group by pipeline_code

),

weighed as (

    select
        placed.*,
        greatest(coalesce(spread.owners_variance, 0), 0) as owners_variance,
        case
            when placed.outcomes_count > 0
                then placed.common_rate
                    * (1 - placed.common_rate)
                    / placed.outcomes_count
        end as chance_variance
    from placed
    left join spread on placed.pipeline_code = spread.pipeline_code

),

shrunk as (

    select
        *,
        case
            when team_code = 'all' and owner_id = 'all' then conversion_rate
            when conversion_rate is null then common_rate
            when owners_variance = 0 then common_rate
            else
                common_rate
                + (conversion_rate - common_rate)
                * owners_variance
                / (owners_variance + chance_variance)
        end as shrunk_rate
    from weighed

)

select * from shrunk
