-- What happened, and until when: each drop, breakout, surge, jump and silence with the next state as its end.
CREATE OR REPLACE VIEW incidents
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    alert LowCardinality(String) COMMENT 'engagement, mentions, followers or activity',
    state LowCardinality(String) COMMENT 'drop, breakout, surge, jump, inactive_7d or inactive_21d',
    began_at DateTime64(3, 'UTC') COMMENT 'when it was found',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the next state began; NULL: it is still on',
    ended_as LowCardinality(String) COMMENT 'the next state; empty: it is still on',
    end_reason String COMMENT 'why it ended',
    measure LowCardinality(String) COMMENT 'what found it: 1h, 24h (posts at that age), 7d (7 days against 28) …',
    expected Nullable(Float64) COMMENT 'what was usual, engagement: typical interactions a post; NULL: nothing to compare',
    observed Nullable(Float64) COMMENT 'what came instead, same unit; NULL: nothing to compare',
    ratio Nullable(Float64) COMMENT 'observed over expected; NULL: nothing to compare',
    low Nullable(Float64) COMMENT 'lower end of the 95% interval of the ratio; NULL: none',
    high Nullable(Float64) COMMENT 'upper end of the 95% interval of the ratio; NULL: none',
    posts Nullable(Int64) COMMENT 'posts that it rests on; NULL: none',
    telling Array(String) COMMENT 'ids of the posts that tell most, the strongest first',
    reason String COMMENT 'why it is so, for people'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    alert,
    state,
    since AS began_at,
    if(next_state = '', NULL, next_since) AS ended_at,
    next_state AS ended_as,
    next_reason AS end_reason,
    measure,
    expected,
    observed,
    ratio,
    low,
    high,
    posts,
    telling,
    reason
FROM
(
    SELECT
        network,
        account_id,
        alert,
        state,
        since,
        measure,
        expected,
        observed,
        ratio,
        low,
        high,
        posts,
        telling,
        reason,
        leadInFrame(state, 1, '') OVER next AS next_state,
        leadInFrame(reason, 1, '') OVER next AS next_reason,
        leadInFrame(since) OVER next AS next_since
    FROM alerts FINAL
    WINDOW next AS (
        PARTITION BY network, account_id, alert
        ORDER BY since, version
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    )
) AS states
LEFT JOIN accounts USING (network, account_id)
WHERE state IN ('drop', 'breakout', 'surge', 'jump', 'inactive_7d', 'inactive_21d')
COMMENT 'what happened to each account, and until when';
