-- The keys that hang together, directly or by a chain, under the least of them: a
-- contact's before a user's before an address's. Each round takes the least key of
-- the neighbours, then that key's own least; a test fails if eight fall short.
with links as (

    select own_key, email_key as other_key
    from {{ ref('int_identity_links') }}
    union all
    select email_key as own_key, own_key as other_key
    from {{ ref('int_identity_links') }}

),

round_0 as (

    select distinct own_key, own_key as person_id
    from links

),

{% for round in range(1, 9) %}
near_{{ round }} as (

    select
        links.own_key,
        min(known.person_id) as person_id
    from links
    inner join round_{{ round - 1 }} as known on links.other_key = known.own_key
    group by links.own_key

),

nearer_{{ round }} as (

    select
        known.own_key,
        least(known.person_id, near.person_id) as person_id
    from round_{{ round - 1 }} as known
    inner join near_{{ round }} as near on known.own_key = near.own_key

),

round_{{ round }} as (

    select
        nearer.own_key,
        least(nearer.person_id, jumped.person_id) as person_id
    from nearer_{{ round }} as nearer
    inner join nearer_{{ round }} as jumped on nearer.person_id = jumped.own_key

),

{% endfor %}
identities as (

    select own_key, person_id from round_8

)

select * from identities
