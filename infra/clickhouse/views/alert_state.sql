-- How each account is now. A pipeline that stands still is never ok: where a live source feeds the network and its
-- watermark is too old, every state is no_data and `stopped` names the part, whatever was stored. A network without
-- a live source (an archive) is judged at its last watermark. An account that never had a headline post to judge
-- has the state no_posts.
CREATE OR REPLACE VIEW alert_state
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    alert LowCardinality(String) COMMENT 'engagement, mentions, followers or activity',
    state LowCardinality(String) COMMENT 'learning, ok, drop, breakout, surge, jump, inactive_7d, inactive_21d, no_posts or no_data',
    stopped LowCardinality(String) COMMENT 'no_data: part that stopped: ingest, worker, broker, source, poller or counts; else empty',
    since DateTime64(3, 'UTC') COMMENT 'from when on it is so; for a part that stopped: what it knew last',
    at DateTime64(3, 'UTC') COMMENT 'until when its evidence was gathered',
    firing UInt8 COMMENT '1: an incident that is on now, 0: none (a rule''s number)',
    measure LowCardinality(String) COMMENT 'what found it: 1h, 24h (posts at that age), 7d (7 days against 28) …',
    expected Nullable(Float64) COMMENT 'what was usual, engagement: typical interactions a post; NULL: nothing to compare',
    observed Nullable(Float64) COMMENT 'what came instead, same unit; NULL: nothing to compare',
    ratio Nullable(Float64) COMMENT 'observed over expected; NULL: nothing to compare',
    low Nullable(Float64) COMMENT 'lower end of the 95% interval of the ratio; NULL: none',
    high Nullable(Float64) COMMENT 'upper end of the 95% interval of the ratio; NULL: none',
    p_value Nullable(Float64) COMMENT 'chance to see this much within a day although nothing has changed; NULL: none',
    posts Nullable(Int64) COMMENT 'posts that it rests on; NULL: none',
    telling Array(String) COMMENT 'ids of the posts that tell most, the strongest first',
    needed Nullable(Int64) COMMENT 'learning: how many more posts are needed',
    reason String COMMENT 'why it is so, for people',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'until when everything of the account is counted'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    alert,
    if(broken = '', stored_state, 'no_data') AS state,
    multiIf(broken != '', broken, stored_state = 'no_data', 'counts', '') AS stopped,
    if(broken = '', stored_since, ifNull(watermark, stored_since)) AS since,
    at,
    toUInt8(
        broken = '' AND stored_state IN ('drop', 'breakout', 'surge', 'jump', 'inactive_7d', 'inactive_21d')
    ) AS firing,
    if(broken = '', measure, '') AS measure,
    if(broken = '', expected, NULL) AS expected,
    if(broken = '', observed, NULL) AS observed,
    if(broken = '', ratio, NULL) AS ratio,
    if(broken = '', low, NULL) AS low,
    if(broken = '', high, NULL) AS high,
    if(broken = '', p_value, NULL) AS p_value,
    if(broken = '', posts, NULL) AS posts,
    if(broken = '', telling, []) AS telling,
    if(broken = '', needed, NULL) AS needed,
    if(broken = '', stored_reason, transform(
        broken,
        ['ingest', 'worker', 'broker', 'source', 'poller'],
        [
            'nothing new is counted: ingest does not run, or Kafka takes nothing from it',
            'nothing new is counted: no worker folds this account',
            'nothing new is counted: what ingest sends does not reach the worker',
            'nothing new is counted: the source lies behind, it is catching up or stands still',
            'the counts of posts are not read any more'
        ],
        ''
    )) AS reason,
    watermark
FROM
(
    SELECT
        headers.network AS network,
        headers.account_id AS account_id,
        if(stored.alert = '', 'engagement', stored.alert) AS alert,
        if(stored.alert = '', 'no_posts', stored.state) AS stored_state,
        if(stored.alert = '', headers.known_since, stored.since) AS stored_since,
        if(stored.alert = '', headers.last_at, stored.at) AS at,
        stored.measure AS measure,
        stored.expected AS expected,
        stored.observed AS observed,
        stored.ratio AS ratio,
        stored.low AS low,
        stored.high AS high,
        stored.p_value AS p_value,
        stored.posts AS posts,
        stored.telling AS telling,
        stored.needed AS needed,
        if(stored.alert = '', 'no original or quote post is known', stored.reason) AS stored_reason,
        if(
            fresh.network = '' AND headers.network IN (SELECT network FROM heartbeats WHERE part = 'ingest'),
            'worker',
            fresh.stopped
        ) AS broken,
        coalesce(fresh.watermark, clocks.saved_watermark) AS watermark
    FROM
    (
        SELECT
            partition,
            network,
            account_id,
            known_since,
            last_at
        FROM checkpoints FINAL
        WHERE kind = 'header'
    ) AS headers
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            alert,
            state,
            since,
            at,
            measure,
            expected,
            observed,
            ratio,
            low,
            high,
            p_value,
            posts,
            telling,
            needed,
            reason
        FROM alerts FINAL
        ORDER BY
            version DESC,
            since DESC
        LIMIT 1 BY
            network,
            account_id,
            alert
    ) AS stored ON stored.network = headers.network AND stored.account_id = headers.account_id
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            nullIf(watermark, toDateTime64(0, 3, 'UTC')) AS saved_watermark
        FROM account_clocks
    ) AS clocks ON clocks.network = headers.network AND clocks.account_id = headers.account_id
    LEFT JOIN
    (
        SELECT
            network,
            partition,
            watermark,
            stopped
        FROM pipeline_freshness
    ) AS fresh
        ON fresh.network = headers.network AND fresh.partition = toString(headers.partition)
) AS states
LEFT JOIN accounts USING (network, account_id)
COMMENT 'how each account is now';
