-- When the windows of each account changed: at which ends the view metrics has a row, without the numbers, whose
-- formulas cost more than to find the row.
CREATE OR REPLACE VIEW window_ends
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    window LowCardinality(String) COMMENT 'length of the window: 1h, 24h, 7d or 28d',
    at DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it',
    changed LowCardinality(String) COMMENT 'measures: all metrics but net_follower_growth have a row then; followers: that one has'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    window,
    at,
    'measures' AS changed
FROM account_windows
UNION ALL
SELECT
    network,
    account_id,
    window,
    at,
    'followers' AS changed
FROM follower_windows
COMMENT 'when the windows of each account changed';
