-- One person over all contacts that share an e-mail address, directly or by a chain.
-- Each round carries the least key one address further; a test fails if it falls short.
with contacts as (

    select
        source_code,
        contact_id,
        root_contact_id,
        {{ hash_of(["'contact'", 'source_code', 'root_contact_id']) }} as own_key
    from {{ ref('int_contact_roots') }}

),

emails as (

    select * from {{ ref('int_contact_emails') }}

),

round_0 as (

    select distinct source_code, root_contact_id, own_key as person_id
    from contacts

),

{% for round in range(1, 9) %}
shared_{{ round }} as (

    select emails.email_hash, min(known.person_id) as person_id
    from emails
    inner join round_{{ round - 1 }} as known
        on emails.source_code = known.source_code
        and emails.root_contact_id = known.root_contact_id
    group by emails.email_hash

),

round_{{ round }} as (

    select
        known.source_code,
        known.root_contact_id,
        least(known.person_id, coalesce(min(shared.person_id), known.person_id))
            as person_id
    from round_{{ round - 1 }} as known
    left join emails
        on known.source_code = emails.source_code
        and known.root_contact_id = emails.root_contact_id
    left join shared_{{ round }} as shared on emails.email_hash = shared.email_hash
    group by known.source_code, known.root_contact_id, known.person_id

),

{% endfor %}
persons as (

    select
        contacts.source_code,
        contacts.contact_id,
        contacts.root_contact_id,
        round_8.person_id
    from contacts
    inner join round_8
        on contacts.source_code = round_8.source_code
        and contacts.root_contact_id = round_8.root_contact_id

)

select * from persons
