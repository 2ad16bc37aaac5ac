-- What: whoever shares an e-mail address, by chains of any length, is one person.
-- Why: identity is carried from key to key in a fixed number of rounds.
-- A row: a link between two persons, in a chain longer than the rounds.
{{ config(meta={'dagster': {'ref': {'name': 'int_identities'}}}) }}

select links.own_key, links.email_key
from {{ ref('int_identity_links') }} as links
left join {{ ref('int_identities') }} as owners on links.own_key = owners.own_key
left join {{ ref('int_identities') }} as emails on links.email_key = emails.own_key
where owners.person_id is distinct from emails.person_id
