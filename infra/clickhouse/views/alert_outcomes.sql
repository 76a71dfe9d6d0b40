-- What became of each message: sent, failed (it is tried again until it is too old), or too old to be told.
CREATE OR REPLACE VIEW alert_outcomes
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon; empty: it was about the pipeline',
    account_id String COMMENT 'id of the tracked account; of the pipeline: network, partition or source',
    alert LowCardinality(String) COMMENT 'engagement, mentions, followers or activity; of the pipeline: section of the runbook',
    state LowCardinality(String) COMMENT 'state that was told',
    since DateTime64(3, 'UTC') COMMENT 'from when on it was so',
    channel String COMMENT 'name of the channel',
    outcome LowCardinality(String) COMMENT 'sent, failed or too_old',
    at DateTime64(3, 'UTC') COMMENT 'when it was tried last'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    alert,
    state,
    since,
    channel,
    outcome,
    at
FROM alert_deliveries FINAL
COMMENT 'what became of each message about an alert';
