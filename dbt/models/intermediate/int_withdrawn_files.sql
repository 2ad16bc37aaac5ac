-- Files taken back by a person: the last decision on each is to withdraw it.
with admissions as (

    select
        *,
        row_number() over (
            partition by source_code, table_name, file_name, file_sha256
            order by sequence_number desc
        ) as recency
    from {{ source('lake', 'admissions') }}

),

withdrawn_files as (

    select
        source_code,
        table_name,
        file_name,
        file_sha256,
        reason,
        decided_at
    from admissions
    where recency = 1 and decision_code = 'withdraw'

)

select * from withdrawn_files
