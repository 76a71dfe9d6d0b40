-- Alerts: what changed with an account and why we think so, which of it was told to whom, and the heartbeats by
-- which a pipeline that stands still is told from an account that is well.

CREATE TABLE alerts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    alert LowCardinality(String) COMMENT 'engagement, mentions, followers or activity',
    state LowCardinality(String) COMMENT 'learning, ok, drop, breakout, surge, jump, inactive_7d, inactive_21d, no_posts or no_data',
    since DateTime64(3, 'UTC') COMMENT 'from when on it is so',
    at DateTime64(3, 'UTC') COMMENT 'until when its evidence was gathered',
    measure LowCardinality(String) COMMENT 'what found it: 1h, 24h (posts at that age), 7d (7 days against 28) …',
    expected Nullable(Float64) COMMENT 'what was usual, in the unit of the alert; NULL: nothing to compare',
    observed Nullable(Float64) COMMENT 'what came instead, same unit; NULL: nothing to compare',
    ratio Nullable(Float64) COMMENT 'observed over expected; NULL: nothing to compare',
    low Nullable(Float64) COMMENT 'lower end of the 95% interval of the ratio; NULL: none',
    high Nullable(Float64) COMMENT 'upper end of the 95% interval of the ratio; NULL: none',
    p_value Nullable(Float64) COMMENT 'chance to see this much within a day although nothing has changed; NULL: none',
    posts Nullable(Int64) COMMENT 'posts that it rests on; NULL: none',
    telling Array(String) COMMENT 'ids of the posts that tell most, the strongest first',
    needed Nullable(Int64) COMMENT 'learning: how many more posts are needed',
    reason String COMMENT 'why it is so, for people',
    version UInt64 COMMENT 'version of the event that made it known',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (network, account_id, alert, since, state)
SETTINGS index_granularity = 256;

CREATE TABLE alert_deliveries
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    alert LowCardinality(String) COMMENT 'engagement, mentions, followers or activity',
    state LowCardinality(String) COMMENT 'state that was told',
    since DateTime64(3, 'UTC') COMMENT 'from when on it was so',
    channel String COMMENT 'name of the channel; never its address',
    outcome LowCardinality(String) COMMENT 'sent, failed, silenced or too_old',
    detail String COMMENT 'why, where it was not sent',
    at DateTime64(3, 'UTC') COMMENT 'when it was tried',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (network, account_id, alert, since, state, channel);

CREATE TABLE alert_silences
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    until_at DateTime64(3, 'UTC') COMMENT 'until when nothing of it is told',
    at DateTime64(3, 'UTC') COMMENT 'when that was asked for'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (network, account_id);

CREATE TABLE heartbeats
(
    part LowCardinality(String) COMMENT 'ingest or worker',
    name String COMMENT 'source of the ingest, or partition of the worker',
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    every_s Float64 COMMENT 'ingest: seconds between two ticks; worker: between two heartbeats',
    poll_s Nullable(Float64) COMMENT 'ingest: seconds between two polls of counts; NULL: this source does not poll',
    snapshot_at Nullable(DateTime64(3, 'UTC')) COMMENT 'ingest: when counts were read last; NULL: not yet',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'until when it knows everything; NULL: not yet',
    at DateTime64(3, 'UTC') COMMENT 'when it was alive'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (part, name, network);
