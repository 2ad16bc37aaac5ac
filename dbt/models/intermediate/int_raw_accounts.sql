-- Rows landed = rows in the lake; rows admitted + told again = in staging + set aside.
with landed as (

    select source_code, sum(landed_count) as rows_count
    from {{ source('lake', 'files') }}
    group by source_code

),

found as (

    select source_code, sum(rows_count) as rows_count
    from (
        {{ raw_counts() }}
    ) as counted
    group by source_code

),

staged as (

    {{ staging_accounts() }}

),

accounts as (

    select
        'landed_in_lake' as check_code,
        landed.source_code as scope,
        landed.rows_count as expected_count,
        coalesce(found.rows_count, 0) as actual_count
    from landed
    left join found on landed.source_code = found.source_code
    union all
    select
        check_code,
        scope,
        brought_count + again_count as expected_count,
        staged_count + aside_count as actual_count
    from staged

)

select * from accounts
