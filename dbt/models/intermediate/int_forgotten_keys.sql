-- Keys under which somebody who was forgotten still stands in rows that had to stay.
with tombstones as (

    select kind_code, hash from {{ source('lake', 'tombstones') }}

),

addresses as (

    select '3' || {{ hash_of(["'email'", hashed(forgotten_mark('hash'))]) }} as own_key
    from tombstones
    where kind_code = 'email'
    union all
    select '3' || {{ hash_of(["'email'", 'hash']) }} as own_key
    from tombstones
    where kind_code = 'email'

),

contacts as (

    select distinct
        '1'
        || {{ hash_of(["'contact'", 'roots.source_code', 'roots.root_contact_id']) }}
            as own_key
    from {{ ref('int_contact_roots') }} as roots
    inner join tombstones
        on tombstones.hash
        = {{ hashed_key('contact', 'roots.source_code', 'roots.root_contact_id') }}
    where tombstones.kind_code = 'contact'

),

users as (

    select distinct
        '2' || {{ hash_of(["'user'", 'events.source_code', 'events.user_id']) }}
            as own_key
    from {{ ref('int_web_events') }} as events
    inner join tombstones
        on tombstones.hash
        = {{ hashed_key('user', 'events.source_code', 'events.user_id') }}
    where tombstones.kind_code = 'user'

),

forgotten_keys as (

    select own_key from addresses
    union
    select own_key from contacts
    union
    select own_key from users

)

select * from forgotten_keys
