-- What: whoever shares an e-mail address is one person.
-- Why: identity is carried from address to address in a fixed number of rounds.
-- A row: an address with two persons, at the end of a chain longer than the rounds.
select emails.email_hash
from {{ ref('int_contact_emails') }} as emails
inner join {{ ref('int_persons') }} as persons
    on emails.source_code = persons.source_code
    and emails.root_contact_id = persons.root_contact_id
group by emails.email_hash
having count(distinct persons.person_id) > 1
