-- The sums behind metrics_latest and account_latest: the last row with anything in it of each window, and
-- `all`, the sum of all minutes of the account.
CREATE OR REPLACE VIEW account_sums
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    window LowCardinality(String) COMMENT 'length of the window: 1h, 24h, 7d, 28d, or all that is known',
    window_start DateTime64(3, 'UTC') COMMENT 'begin of the window; all: first event known',
    window_end DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it; all: last event known',
    known_since DateTime64(3, 'UTC') COMMENT 'first event known of the account',
    knows_promotion Bool COMMENT 'the brand file names own domains or offers',
    knows_topics Bool COMMENT 'the brand file names topics',
    knows_channels Bool COMMENT 'the brand file names a feed, or own accounts in two places',
    is_deaf Bool COMMENT 'for at least half of the window, since the account is known, no source listened',
    followers_told Int64 COMMENT 'times that followers were told in the window',
    first_followers Int64 COMMENT 'followers as told first in it; 0 where they were not told',
    last_followers Int64 COMMENT 'followers as told last in it; 0 where they were not told',
${metric_measure_definitions}
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    window,
    window_start,
    window_end,
    known_since,
    knows_promotion,
    knows_topics,
    knows_channels,
    ${is_deaf},
    ${readings_of_window},
    ${metric_measures}
FROM
(
    SELECT
        network,
        account_id,
        window,
        at - toIntervalMillisecond(${window_ms}) AS window_start,
        at AS window_end,
        known_since,
        greatest(window_start, known_since) AS known_from,
        knows_promotion,
        knows_topics,
        knows_channels,
        ${metric_measures}
    FROM account_windows_latest FINAL
    UNION ALL
    SELECT
        network,
        account_id,
        'all' AS window,
        maxIf(minutes.known_since, minutes.kind = 'header') AS window_start,
        maxIf(minutes.last_at, minutes.kind = 'header') AS window_end,
        maxIf(minutes.known_since, minutes.kind = 'header') AS known_since,
        maxIf(minutes.known_since, minutes.kind = 'header') AS known_from,
        maxIf(minutes.knows_promotion, minutes.kind = 'header') AS knows_promotion,
        maxIf(minutes.knows_topics, minutes.kind = 'header') AS knows_topics,
        maxIf(minutes.knows_channels, minutes.kind = 'header') AS knows_channels,
        ${metric_sums}
    FROM checkpoints AS minutes FINAL
    WHERE minutes.kind IN ('header', 'minute')
    GROUP BY
        network,
        account_id
) AS sums
${unheard_joins}
LEFT JOIN follower_readings USING (network, account_id)
COMMENT 'the measures that the metrics of each account read, by window';
