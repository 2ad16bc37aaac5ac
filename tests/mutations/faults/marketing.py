"""Faults of what marketing asks: channels, scores, volumes."""

from tests.mutations.faults.fault import Fault

MARKETING = [
    Fault(
        "of one instant the greatest id begins a session",
        "models/intermediate/int_sessions.sql",
        "order by occurred_at, event_id\n        rows",
        "order by occurred_at, event_id desc\n        rows",
        "a_session_is_told_by_its_first_and_last_events_that_know",
    ),
    Fault(
        "a session's campaign comes from another event than its source",
        "models/intermediate/int_sessions.sql",
        "first_known('case when is_campaign then ' ~ word ~ ' end', 'in_session')",
        "first_known('nullif(' ~ word ~ \", '')\", 'in_session')",
        "a_session_is_told_by_its_first_and_last_events_that_know",
    ),
    Fault(
        "a web event tells the person of an activity of its id",
        "models/intermediate/int_coded_actions.sql",
        "and actions.web_event_id = identified.event_id",
        "and actions.event_id = identified.event_id",
        "an_action_has_the_person_and_session_of_its_event_or_the_person_of_its_contact",
    ),
    Fault(
        "sessions behind the landmark bring a lead",
        "models/intermediate/int_journey_touches.sql",
        "and events.occurred_at <= segments.landmark_at",
        "",
        "a_touch_is_a_session_begun_by_the_landmark",
    ),
    Fault(
        "a visit of any channel tells the campaign",
        "models/intermediate/int_journey_campaigns.sql",
        "and journeys.channel_code in ('unknown', touches.channel_code)",
        "",
        "a_journey_is_brought_by_what_its_lead_tells_else_by_the_first_visit_of_its_channel",
    ),
    Fault(
        "every touch is credited with the whole lead",
        "models/intermediate/int_channel_credits.sql",
        "then 1e0 / touches_count",
        "then 1e0",
        "a_lead_is_credited_to_the_first_the_last_all_or_by_position",
    ),
    Fault(
        "spend is told as often as its extracts tell it",
        "models/intermediate/int_spend.sql",
        "where ranked.recency = 1",
        "",
        "tests/models/test_channels.py::"
        "test_costs_are_of_the_newest_spend_by_what_the_leads_became",
    ),
    Fault(
        "a customer counts whatever the horizon",
        "models/intermediate/int_channel_leads.sql",
        "coalesce(cells.won_within_days <= horizons.horizon_days, false)",
        "(cells.won_within_days is not null)",
        "credits_are_counted_by_what_became_of_them_within_the_horizon",
    ),
    Fault(
        "points are earned by what any landmark saw",
        "models/intermediate/int_lead_points.sql",
        "landmark_days='journeys.landmark_days'",
        "landmark_days='features.landmark_days'",
        "a_rule_is_met_by_what_was_known_at_the_landmark",
    ),
    Fault(
        "a threshold is missed by its very points",
        "models/intermediate/int_lead_scores.sql",
        "score >= sales_points",
        "score > sales_points",
        "points_add_up_and_a_threshold_is_reached_by_its_very_points",
    ),
    Fault(
        "a score is followed from entry",
        "models/intermediate/int_lead_score_clocks.sql",
        "clock_from('scores.landmark_at')",
        "clock_from('clocks.origin_at')",
        "a_scored_lead_is_followed_from_its_landmark",
    ),
    Fault(
        "service after the sale wins",
        "models/intermediate/int_volumes.sql",
        "and coalesce(events.occurred_at < milestones.won_at, true)",
        "",
        "what_is_done_after_the_sale_leads_to_no_win",
    ),
    Fault(
        "a quota needs entries in its own period",
        "models/intermediate/int_volume_needs.sql",
        "{{ plus_seconds('quotas.begins_at', '-rates.median_lag_seconds') }}",
        "quotas.begins_at",
        "a_quota_needs_entries_and_activities_a_lag_before_its_period",
    ),
    Fault(
        "any shortfall warns",
        "models/intermediate/int_volume_warnings.sql",
        "- 1.645e0 * sqrt(needs.due_count)",
        "",
        "a_shortfall_warns_where_chance_alone_would_seldom_make_it",
    ),
]
