-- One person a contact, whichever sources know the same e-mail address.
with roots as (

    select * from {{ ref('int_contact_roots') }}

),

keyed as (

    select
        *,
        {{ hash_of(["'contact'", 'source_code', 'root_contact_id']) }} as own_key
    from roots

),

by_root as (

    select source_code, root_contact_id, min(own_key) as own_key, min(email_hash) as email_hash
    from keyed
    group by source_code, root_contact_id

),

by_email as (

    select email_hash, min(own_key) as person_id
    from by_root
    where email_hash is not null
    group by email_hash

),

persons as (

    select
        keyed.source_code,
        keyed.contact_id,
        keyed.email_hash,
        coalesce(by_email.person_id, by_root.own_key) as person_id
    from keyed
    inner join by_root
        on keyed.source_code = by_root.source_code
        and keyed.root_contact_id = by_root.root_contact_id
    left join by_email on by_root.email_hash = by_email.email_hash

)

select * from persons
