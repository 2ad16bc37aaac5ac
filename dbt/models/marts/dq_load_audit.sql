with manifest as (

    select * from {{ source('lake', 'manifest') }}
    where source_code in ({{ quoted(enabled_sources()) }})

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_code, table_name, file_name, file_sha256
            order by batch_id desc
        ) as recency
    from manifest

),

audited as (

    select
        -- keys
        source_code,
        table_name,
        file_name,
        file_sha256,
        batch_id,

        -- numbers
        physical_count,
        landed_count,
        rejected_count,
        erased_count,

        -- outcome
        status_code,
        message

    from ranked
    where recency = 1

)

select * from audited
