-- Until when an account is known: the watermark of its network in the partition that holds it.
CREATE OR REPLACE VIEW account_clocks
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    known_since DateTime64(3, 'UTC') COMMENT 'first event known',
    last_at DateTime64(3, 'UTC') COMMENT 'last event known',
    watermark DateTime64(3, 'UTC') COMMENT 'everything before is in, but for late events; without ticks: last_at',
    knows_promotion Bool COMMENT 'the brand file names own domains or offers',
    knows_topics Bool COMMENT 'the brand file names topics',
    knows_channels Bool COMMENT 'the brand file names a feed, or own accounts in two places'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    headers.network AS network,
    headers.account_id AS account_id,
    headers.known_since AS known_since,
    headers.last_at AS last_at,
    if(clocks.watermark_ms = 0, headers.last_at, fromUnixTimestamp64Milli(clocks.watermark_ms, 'UTC'))
        AS watermark,
    headers.knows_promotion AS knows_promotion,
    headers.knows_topics AS knows_topics,
    headers.knows_channels AS knows_channels
FROM
(
    SELECT
        partition,
        network,
        account_id,
        known_since,
        last_at,
        knows_promotion,
        knows_topics,
        knows_channels
    FROM checkpoints FINAL
    WHERE kind = 'header'
) AS headers
LEFT JOIN
(
    SELECT
        partition,
        clock.1 AS clock_network,
        clock.2 AS watermark_ms
    FROM checkpoints FINAL
    ARRAY JOIN JSONExtractKeysAndValues(body, 'watermarks', 'Int64') AS clock
    WHERE kind = 'position'
) AS clocks
    ON clocks.partition = headers.partition AND clocks.clock_network = headers.network
COMMENT 'from when and until when each account is known';
