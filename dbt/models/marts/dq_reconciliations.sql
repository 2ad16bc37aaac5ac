with files as (

    select
        'files_landed' as check_code,
        source_code as scope,
        sum(physical_count) as expected_count,
        sum(landed_count + rejected_count + erased_count) as actual_count
    from {{ ref('dq_load_audit') }}
    where status_code not in ('duplicate', 'withdrawn')
    group by source_code

),

changes as (

    select * from {{ ref('int_stage_change_accounts') }}

),

journeys as (

    select * from {{ ref('int_journey_accounts') }}

),

actions as (

    select * from {{ ref('int_action_accounts') }}

),

raw_rows as (

    select * from {{ ref('int_raw_accounts') }}

),

records as (

    select * from {{ ref('int_record_accounts') }}

),

united as (

    select * from files
    union all
    select * from raw_rows
    union all
    select * from records
    union all
    select * from {{ ref('int_composite_accounts') }}
    union all
    select * from changes
    union all
    select * from journeys
    union all
    select * from actions
    union all
    select * from {{ ref('int_session_accounts') }}

),

reconciliations as (

    select
        check_code,
        scope,
        case
            when check_code in ('files_landed', 'landed_in_lake') then 'lake'
            when check_code like 'raw!_in!_%' escape '!' then 'staging'
            when check_code like 'published!_in!_%' escape '!' then 'marts'
            when check_code in (
                    'actions_in_stream',
                    'web_events_in_sessions',
                    'owners_in_dim_owners'
                ) then 'marts'
            else 'intermediate'
        end as layer_code,
        cast(expected_count as bigint) as expected_count,
        cast(actual_count as bigint) as actual_count,
        cast(expected_count - actual_count as bigint) as difference_count
    from united

)

select * from reconciliations
