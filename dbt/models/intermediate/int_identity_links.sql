-- Two keys of one person, side by side: a contact or a user, and an e-mail address.
with contacts as (

    select distinct
        {{ hash_of(["'contact'", 'source_code', 'root_contact_id']) }} as hash,
        '1' as rank,
        email_hash
    from {{ ref('int_contact_emails') }}

),

users as (

    select distinct
        {{ hash_of(["'user'", 'source_code', 'user_id']) }} as hash,
        '2' as rank,
        email_hash
    from {{ ref('int_web_events') }}
    where user_id is not null and email_hash is not null

),

links as (

    select
        rank || hash as own_key,
        '3' || {{ hash_of(["'email'", 'email_hash']) }} as email_key
    from (
        select * from contacts
        union all
        select * from users
    ) as keyed

),

known as (

    select links.own_key, links.email_key
    from links
    left join {{ ref('int_forgotten_keys') }} as persons
        on links.own_key = persons.own_key
    left join {{ ref('int_forgotten_keys') }} as addresses
        on links.email_key = addresses.own_key
    where persons.own_key is null and addresses.own_key is null

)

select * from known
