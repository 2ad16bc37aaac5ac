-- Contacts that share an address, or users of one, are one person. Who was forgotten
-- is none.
with contacts as (

    select
        source_code,
        contact_id,
        root_contact_id,
        '1' || {{ hash_of(["'contact'", 'source_code', 'root_contact_id']) }} as own_key
    from {{ ref('int_contact_roots') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

persons as (

    select
        contacts.source_code,
        contacts.contact_id,
        contacts.root_contact_id,
        coalesce(identities.person_id, contacts.own_key) as person_id
    from contacts
    left join identities on contacts.own_key = identities.own_key
    left join {{ ref('int_forgotten_keys') }} as forgotten
        on contacts.own_key = forgotten.own_key
    where forgotten.own_key is null

)

select * from persons
