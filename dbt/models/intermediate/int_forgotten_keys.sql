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

hashed_contacts as (

    select
        source_code,
        root_contact_id,
        {{ hashed_key('contact', 'source_code', 'root_contact_id') }} as hash
    from {{ ref('int_contact_roots') }}

),

hashed_users as (

    select
        source_code,
        user_id,
        {{ hashed_key('user', 'source_code', 'user_id') }} as hash
    from {{ ref('int_web_events') }}
    group by source_code, user_id

),

contacts as (

    select distinct
        '1'
        || {{ hash_of(["'contact'", 'roots.source_code', 'roots.root_contact_id']) }}
            as own_key
    from hashed_contacts as roots
    inner join tombstones on roots.hash = tombstones.hash
    where tombstones.kind_code = 'contact'

),

users as (

    select distinct
        '2' || {{ hash_of(["'user'", 'events.source_code', 'events.user_id']) }}
            as own_key
    from hashed_users as events
    inner join tombstones on events.hash = tombstones.hash
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
