with recursive versions as (

    {{ union_sources('contacts') }}

),

contacts as (

    select
        source_code,
        contact_id,
        max_by(merged_into_contact_id, (known_at, source_row)) as merged_into_contact_id
    from versions
    where contact_id is not null
    group by source_code, contact_id

),

chains as (

    select source_code, contact_id, contact_id as root_contact_id, 0 as merges_count
    from contacts
    union all
    select
        chains.source_code,
        chains.contact_id,
        contacts.merged_into_contact_id as root_contact_id,
        chains.merges_count + 1 as merges_count
    from chains
    inner join contacts
        on chains.source_code = contacts.source_code
        and chains.root_contact_id = contacts.contact_id
    where contacts.merged_into_contact_id is not null and chains.merges_count < 20

),

roots as (

    select
        chains.source_code,
        chains.contact_id,
        max_by(chains.root_contact_id, chains.merges_count) as root_contact_id
    from chains
    group by chains.source_code, chains.contact_id

)

select * from roots
