with versions as (

    {{ union_sources('contacts') }}

),

emails as (

    select distinct
        versions.source_code,
        roots.root_contact_id,
        versions.email_hash
    from versions
    inner join {{ ref('int_contact_roots') }} as roots
        on versions.source_code = roots.source_code
        and versions.contact_id = roots.contact_id
    where versions.email_hash is not null

)

select * from emails
