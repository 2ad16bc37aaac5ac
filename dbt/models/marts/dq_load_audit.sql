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

admitted as (

    select * from {{ source('lake', 'files') }}

),

-- the first landing of a content is admitted, the others repeat it
repeated as (

    select
        ranked.source_code,
        ranked.table_name,
        ranked.file_name,
        ranked.batch_id,
        min(others.file_name) as repeats_file_name
    from ranked
    inner join admitted as others
        on ranked.source_code = others.source_code
        and ranked.table_name = others.table_name
        and ranked.file_sha256 = others.file_sha256
    left join admitted
        on ranked.source_code = admitted.source_code
        and ranked.table_name = admitted.table_name
        and ranked.file_name = admitted.file_name
        and ranked.file_sha256 = admitted.file_sha256
    cross join {{ source('lake', 'runs') }} as runs
    where ranked.status_code = 'landed'
        and ranked.extracted_at <= runs.as_of
        and admitted.file_name is null
    group by
        ranked.source_code, ranked.table_name, ranked.file_name, ranked.batch_id

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
            when repeated.file_name is not null then 'duplicate'
            else ranked.status_code
        end as status_code,
        coalesce(
            withdrawn.reason,
            'same content as ' || repeated.repeats_file_name,
            ranked.message
        ) as message

    from ranked
    left join {{ ref('int_withdrawn_files') }} as withdrawn
        on ranked.source_code = withdrawn.source_code
        and ranked.table_name = withdrawn.table_name
        and ranked.file_name = withdrawn.file_name
        and ranked.file_sha256 = withdrawn.file_sha256
    left join repeated
        on ranked.source_code = repeated.source_code
        and ranked.table_name = repeated.table_name
        and ranked.file_name = repeated.file_name
        and ranked.batch_id = repeated.batch_id
    where ranked.recency = 1

)

select * from audited
