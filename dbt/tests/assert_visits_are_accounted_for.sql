-- What: visits = advanced + moved back + lost + transferred + completed + still open,
--       and reached = touched + by skip + by entry, each no more than entered.
-- Why: a visit that ends nowhere is a deal lost in silence.
-- A row: a funnel's step that does not add up.
select * from {{ ref('fct_segment_funnels') }}
where visits_count <> advanced_count + moved_back_count + lost_count
    + transferred_count + completed_count + still_open_count
    or reached_count <> touched_count + reached_by_skip_count + reached_by_entry_count
    or reached_count > entered_count
    or in_order_count > touched_count
    or reached_by_skip_count < 0
