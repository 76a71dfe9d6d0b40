-- What each window tells of followers, at every end at which a reading came into it or left it. A reading told at t
-- is in the windows that end after its pane, up to the window's length later, as with the measures.
CREATE OR REPLACE VIEW follower_windows
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    window LowCardinality(String) COMMENT 'length of the window: 1h, 24h, 7d or 28d',
    at DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it; holds until the next row',
    followers_told Int64 COMMENT 'times that followers were told in the window',
    first_followers Int64 COMMENT 'followers as told first in it; 0 where they were not told',
    last_followers Int64 COMMENT 'followers as told last in it; 0 where they were not told'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    window,
    fromUnixTimestamp64Milli(ended.1, 'UTC') AS at,
    toInt64(ended.3) - toInt64(ended.2) AS followers_told,
    if(followers_told = 0, 0, readings[ended.2 + 1].2) AS first_followers,
    if(followers_told = 0, 0, readings[ended.3].2) AS last_followers
FROM
(
    SELECT
        network,
        account_id,
        window,
        readings,
        arraySort(arrayDistinct(arrayFilter(
            end -> end <= watermark_ms,
            arrayFlatten(arrayMap(pane -> [pane + step_ms, pane + step_ms + length_ms], panes))
        ))) AS ends,
        arraySort(arrayConcat(instants, arrayMap(end -> (end, toInt64(0)), ends))) AS up_to_end,
        arraySort(arrayConcat(instants, arrayMap(end -> (end - length_ms, toInt64(0)), ends))) AS up_to_start,
        arrayZip(
            ends,
            arrayFilter((told, each) -> each.2 = 0, arrayCumSum(each -> each.2, up_to_start), up_to_start),
            arrayFilter((told, each) -> each.2 = 0, arrayCumSum(each -> each.2, up_to_end), up_to_end)
        ) AS counted
    FROM
    (
        SELECT
            network,
            account_id,
            readings,
            toUnixTimestamp64Milli(watermark) AS watermark_ms,
            shape.1 AS window,
            toInt64(shape.2) AS length_ms,
            toInt64(shape.3) AS step_ms,
            arrayDistinct(arrayMap(reading -> reading.1 - reading.1 % step_ms, readings)) AS panes,
            arrayMap(reading -> (reading.1, toInt64(1)), readings) AS instants
        FROM follower_readings
        INNER JOIN account_clocks USING (network, account_id)
        ARRAY JOIN ${window_shapes} AS shape
    )
)
ARRAY JOIN counted AS ended
COMMENT 'followers as told first and last in each window';
