"""An independent second reading of the specification, in plain Python, to hold the warehouse against.

`load` reads a folder of raw CSV files and judges every row; `kpi_values` computes every row of the long
table by brute force, with exact fractions and zoneinfo; `differences` compares it with rows computed
elsewhere.

AMBIGUITIES, and the reading taken here. `make_scenario` keeps clear of those marked (*) unless told
otherwise.

Rows
 1. Order of judgement: `rows_not_yet` is told of the row that won its key, after versions and
    conflicts. Versions compare `loaded_at`/`updated_at` as delivered, also where they lie after
    `as_of`; a version without is the oldest.
 2. "The first in column order named": rules of single columns in column order, then instants that run
    backwards, then scales, then the future, then the missing rate. Rule names here are
    `missing:<column>`, `not_ts:<column>`, `not_in_list:<column>`, `negative:<column>`,
    `outside_scale:<column>`, `bad_scale:scale_min` and so on.
 3. A CSV line with more or fewer fields than the header is one rejected row (`unreadable_line`), its
    key empty.
 4. Other instants after `as_of` are empty under the default `as_of` too (a call that ends after the
    last midnight).
 5. A survey answered after `as_of` that has no `sent_at` is not yet there. A survey without both has no
    period.
 6. (*) `ended_on` <= `started_on` also rejects agents.
 7. The key of an exchange rate is currency and month, whatever day the month is written with.
 8. A naive `as_of` is read in `source_timezone`. (*) Naive instants in a skipped or repeated hour of
    that zone are not tried.
 9. "Absent or empty" optional table: no accepted row. Handle time needs contacts and legs, savings
    costs and bots.
Tickets
10. The creation is the first message, before early events; early events happen at the creation.
11. `first_response_stops_on: human_or_bot` changes the first response (and its SLA and bands) alone;
    the bot's message must be public. It does not change replies, average response time, first-contact
    resolution.
12. A status other than the six is neither solved nor reopened. A first change from `solved` into
    `solved` leaves the ticket solved now without a solve: counted in `resolution_rate`, in no KPI dated
    by a solve, never in the backlog.
13. (*) A `priority_change` into the priority held sets it again (the later policy version applies).
14. `valid_to` of an SLA policy is exclusive. `channel` of a policy is folded to lower case.
15. An unknown calendar in force for no time at all (replaced in the same second) does no harm; where
    the span itself is empty the calendar in force at its start decides. A stretch in a pause must have
    a known calendar too.
16. A stock at a period's end is what stood before its last instant (creations, solves, replies < end);
    in the running period up to and with `as_of`.
17. Member of `status` and `priority`: the ticket's row, not its events.
18. (*) "Answered contacts up to the last solve": by `answered_at`, else `offered_at`.
19. "No escalation" and "reopening followed by another reply" look at the ticket's whole life.
20. (*) `escalation_rate`: an `escalation` by a bot is a hand-off and does not count (it does in FCR). A
    first action without an agent id is first line.
21. `reopen_rate`: a reopening in the very second of the first solve is not after it (it is in
    `reopen_count`).
22. "Reply or bot message" of `new_customers_supported`: the bot's message is public. Tie: the least
    `ticket_id`.
23. Touches without an agent id in one second are one.
24. `sample_count` of the two per-day rates is their days, of `tickets_per_agent` its agents ("rows in
    the denominator").
25. An empty group of a ratio: numerator 0, denominator 0, value null, `sample_count` 0,
    `is_small_sample` true.
Surveys
26. (*) The customer of a survey is its own, else its ticket's, also for the latest NPS answer of a
    customer. Ties of NPS: the greatest `response_id`, compared as text.
27. (*) "Latest answer of a ticket" is the latest rated one; an unknown ticket's id groups too.
28. (*) SERVQUAL means are of the marks as given (no rescaling). `standard` has the sum of dimension
    means above the line and the number of dimensions (with weights: their sum) below; dimensions
    without a weight weigh 0.
29. `survey_response_rate` leaves out surveys without `sent_at` and undelivered ones, answered or not.
Contacts, texts, customers
30. Handle time of an agent or team: the seconds of their own legs over the contacts they had a leg in.
31. Rates and waits by agent: every agent with a leg; a contact without legs is `unknown`.
32. Texts that are no mention have the network `unknown`. Messages before the creation are dated at the
    creation.
33. `customers_at_risk`: a repeat contact is one of `repeat_contact_rate` (mature), dated at the first
    solve; csat answers are those that count (latest of a ticket); 90 days are 2,160 hours before the
    period's end or `as_of`; active = on the period's last day, or the last begun day.
Self-service, bots, costs
34. (*) Conversations and questions take channel and topic from their own row alone, the segment also
    from the ticket.
35. "No ticket" within a window looks at in-scope tickets. A conversation's `ticket_id` alone does not
    undo a resolution.
36. Immature sessions of `ai_deflection_rate` are those not followed by then.
37. (*) Unanswered questions without a topic are no knowledge gap.
38. (*) Handled interactions: contacts are dated by their end, as in handle time. Without any contact:
    replies of in-scope tickets and bot conversations.
39. (*) Costs of months that have not begun are in no period.
40. Savings without an automated resolution: minus usage and fixed costs (not null). Null without a
    human-solved ticket or without costs. `sample_count`: automated resolutions; `immature_count`:
    immature conversations.
41. `sample_count` of `support_cost`: cost rows.
42. A measure dated outside the first and last day of the data (a survey sent before) keeps its row.

"""

from __future__ import annotations

from .company import Company
from .compare import differences
from .kpis_contacts import add_contact_kpis
from .kpis_costs import add_cost_kpis
from .kpis_loyalty import add_loyalty_kpis
from .kpis_self_service import add_self_service_kpis
from .kpis_social import add_social_kpis
from .kpis_surveys import add_survey_kpis
from .kpis_tickets import add_ticket_kpis
from .raw import Raw, RawError, load
from .sheet import Key, Row

__all__ = ["Key", "Raw", "RawError", "Row", "differences", "kpi_values", "load"]


def kpi_values(raw: Raw) -> dict[Key, Row]:
    """All rows of `kpi_values`: (kpi_key, variant, grain, period_start_date, dimension, member) -> Row.

    Empty when no accepted row has a main instant. Members other than `overall` appear where something was
    measured
    or left out as immature.
    """
    if raw.as_of is None:
        return {}
    company = Company(raw)
    sheet = company.sheet()
    for add in (
        add_ticket_kpis,
        add_survey_kpis,
        add_contact_kpis,
        add_social_kpis,
        add_loyalty_kpis,
        add_self_service_kpis,
        add_cost_kpis,
    ):
        add(company, sheet)
    return sheet.rows
