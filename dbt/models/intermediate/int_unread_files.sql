-- Landed and known by as-of, and yet not read: by content and name of what is.
with admitted as (

    select * from {{ source('lake', 'files') }}

),

unread as (

    select distinct
        manifest.source_code,
        manifest.table_name,
        manifest.file_name,
        manifest.file_sha256
    from {{ source('lake', 'manifest') }} as manifest
    cross join {{ source('lake', 'runs') }} as runs
    left join admitted
        on manifest.source_code = admitted.source_code
        and manifest.table_name = admitted.table_name
        and manifest.file_name = admitted.file_name
        and manifest.file_sha256 = admitted.file_sha256
    where manifest.status_code = 'landed'
        and manifest.extracted_at <= runs.as_of
        and admitted.file_name is null

),

same_contents as (

    select
        unread.source_code,
        unread.table_name,
        unread.file_name,
        unread.file_sha256,
        min(admitted.file_name) as repeated_file_name
    from unread
    inner join admitted
        on unread.source_code = admitted.source_code
        and unread.table_name = admitted.table_name
        and unread.file_sha256 = admitted.file_sha256
    group by
        unread.source_code, unread.table_name,
        unread.file_name, unread.file_sha256

),

explained as (

    select
        unread.*,
        same_contents.repeated_file_name,
        admitted.batch_id as newer_batch_id
    from unread
    left join same_contents
        on unread.source_code = same_contents.source_code
        and unread.table_name = same_contents.table_name
        and unread.file_name = same_contents.file_name
        and unread.file_sha256 = same_contents.file_sha256
    left join admitted
        on unread.source_code = admitted.source_code
        and unread.table_name = admitted.table_name
        and unread.file_name = admitted.file_name

)

select * from explained
