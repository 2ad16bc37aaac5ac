with told as (

    select source_code, table_name, file_sha256, max(message) as message
    from {{ source('lake', 'manifest') }}
    where status_code = 'landed'
    group by source_code, table_name, file_sha256

),

admitted as (

    select
        files.source_code,
        files.table_name,
        files.file_name,
        'landed' as status_code,
        files.physical_count,
        files.rejected_count,
        told.message
    from {{ source('lake', 'files') }} as files
    left join told
        on files.source_code = told.source_code
        and files.table_name = told.table_name
        and files.file_sha256 = told.file_sha256
    where not files.is_published

),

tried as (

    select
        *,
        row_number() over (
            partition by source_code, table_name, file_name order by batch_id desc
        ) as recency
    from {{ source('lake', 'manifest') }}
    -- a file that is landed again says nothing of what its name has by now
    where source_code in ({{ quoted(enabled_sources()) }})
        and coalesce(replaced_batch_id, '') = ''

),

refused as (

    select
        source_code, table_name, file_name, status_code,
        physical_count, rejected_count, message
    from tried
    where recency = 1 and status_code = 'refused'

),

judged as (

    select
        *,
        coalesce(cast(rejected_count as double) / nullif(physical_count, 0), 0)
            as rejected_share
    from (
        select * from admitted
        union all
        select * from refused
    ) as files

)

select * from judged
