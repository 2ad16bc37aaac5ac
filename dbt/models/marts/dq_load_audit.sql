-- What stands of a file is its last landing; a duplicate or refusal later says no more.
with manifest as (

    select * from {{ source('lake', 'manifest') }}
    where source_code in ({{ quoted(enabled_sources()) }})

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_code, table_name, file_name, file_sha256
            order by
                case when status_code = 'landed' then 1 else 2 end, batch_id desc
        ) as recency
    from manifest

),

audited as (

    select
        -- keys
        ranked.source_code,
        ranked.table_name,
        ranked.file_name,
        ranked.file_sha256,
        ranked.batch_id,

        -- numbers
        ranked.physical_count,
        ranked.landed_count,
        ranked.rejected_count,
        ranked.erased_count,

        -- outcome
        case
            when withdrawn.file_name is not null then 'withdrawn'
            when unread.repeated_file_name is not null then 'duplicate'
            when unread.newer_batch_id is not null then 'replaced'
            else ranked.status_code
        end as status_code,
        coalesce(
            withdrawn.reason,
            'same content as ' || unread.repeated_file_name,
            'landed with other content in batch ' || unread.newer_batch_id,
            ranked.message
        ) as message

    from ranked
    left join {{ ref('int_withdrawn_files') }} as withdrawn
        on ranked.source_code = withdrawn.source_code
        and ranked.table_name = withdrawn.table_name
        and ranked.file_name = withdrawn.file_name
        and ranked.file_sha256 = withdrawn.file_sha256
    left join {{ ref('int_unread_files') }} as unread
        on ranked.source_code = unread.source_code
        and ranked.table_name = unread.table_name
        and ranked.file_name = unread.file_name
        and ranked.file_sha256 = unread.file_sha256
    where ranked.recency = 1

)

select * from audited
