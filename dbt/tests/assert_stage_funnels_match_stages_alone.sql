-- What: funnels of kind `stage` have steps that match stages.
-- Why: a step matched by an event is not replayed yet, and must not read as 0.
-- A row: a step that would count nothing.
select funnel_steps.*
from {{ ref('funnel_steps') }} as funnel_steps
inner join {{ ref('funnels') }} as funnels
    on funnel_steps.funnel_code = funnels.funnel_code
where funnels.kind_code = 'stage' and funnel_steps.match_kind <> 'stage'
