-- Do followers grow while nobody reacts more? The change of log(1 + followers) and that of log(1 + interactions),
-- the last 28 days against the 28 before, each as a z-score among the account's own earlier such changes, and
-- their difference. Periods of 28 days are counted back from the watermark and do not overlap; those that begin
-- before the account was known are left out.
CREATE OR REPLACE VIEW vanity_gap
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the last 28 days',
    at DateTime64(3, 'UTC') COMMENT 'end of the last 28 days: until when the account is known',
    followers_change Nullable(Float64) COMMENT 'change of the natural log of 1 + followers; NULL: not told',
    interactions_change Nullable(Float64) COMMENT 'change of the natural log of 1 + interactions at 24 h of headline posts; NULL: not told',
    followers_z Nullable(Float64) COMMENT 'followers_change in standard deviations from the mean of the earlier ones; NULL: see status',
    interactions_z Nullable(Float64) COMMENT 'interactions_change in standard deviations from the mean of the earlier ones; NULL: see status',
    vanity_gap Nullable(Float64) COMMENT 'followers_z less interactions_z; above 0: followers outgrow what they do; NULL: see status',
    n Int64 COMMENT 'earlier changes that are known of both, the fewer of the two',
    status LowCardinality(String) COMMENT 'ok, too_few (fewer than 6 earlier changes, or all alike) or unknown_input (followers or counts were not told in the last 56 days)',
    needed Nullable(Int64) COMMENT 'too_few: how many more periods of 28 days would do; NULL: the changes are all alike'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    at - toIntervalDay(28) AS from_at,
    at,
    if(periods >= 2, followers_changes[1], NULL) AS followers_change,
    if(periods >= 2, interactions_changes[1], NULL) AS interactions_change,
    if(status = 'ok', (followers_change - arrayAvg(followers_past)) / followers_spread, NULL) AS followers_z,
    if(status = 'ok', (interactions_change - arrayAvg(interactions_past)) / interactions_spread, NULL)
        AS interactions_z,
    followers_z - interactions_z AS vanity_gap,
    n,
    multiIf(
        periods >= 2 AND (isNull(followers_change) OR isNull(interactions_change)), 'unknown_input',
        n < 6 OR followers_spread < 1e-9 OR interactions_spread < 1e-9, 'too_few',
        'ok'
    ) AS status,
    if(status = 'too_few' AND n < 6, greatest(6 - n, 8 - periods), NULL) AS needed
FROM
(
    SELECT
        network,
        account_id,
        at,
        periods,
        arrayMap(
            period -> arrayFirst(told -> told.1 = period, followers_told),
            range(toUInt64(periods))
        ) AS followers_of_periods,
        arrayMap(told -> if(told.2, log(1 + told.3), NULL), followers_of_periods) AS followers_logs,
        arrayMap(
            period -> arrayFirst(told -> told.1 = period, interactions_told),
            range(toUInt64(periods))
        ) AS interactions_of_periods,
        arrayMap(told -> if(told.2 > 0 AND told.3 = 0, NULL, log(1 + told.4)), interactions_of_periods)
            AS interactions_logs,
        arrayMap(
            (now, before) -> now - before,
            arrayPopBack(followers_logs),
            arrayPopFront(followers_logs)
        ) AS followers_changes,
        arrayMap(
            (now, before) -> now - before,
            arrayPopBack(interactions_logs),
            arrayPopFront(interactions_logs)
        ) AS interactions_changes,
        arrayMap(
            change -> assumeNotNull(change),
            arrayFilter(change -> isNotNull(change), arrayPopFront(followers_changes))
        ) AS followers_past,
        arrayMap(
            change -> assumeNotNull(change),
            arrayFilter(change -> isNotNull(change), arrayPopFront(interactions_changes))
        ) AS interactions_past,
        arrayReduce('stddevSamp', followers_past) AS followers_spread,
        arrayReduce('stddevSamp', interactions_past) AS interactions_spread,
        toInt64(least(length(followers_past), length(interactions_past))) AS n
    FROM
    (
        SELECT
            clocks.network AS network,
            clocks.account_id AS account_id,
            clocks.watermark AS at,
            toInt64(intDiv(
                greatest(dateDiff('millisecond', clocks.known_since, clocks.watermark), 0),
                28 * 86400000
            )) AS periods,
            followed.followers_told AS followers_told,
            reacted.interactions_told AS interactions_told
        FROM account_clocks AS clocks
        LEFT JOIN
        (
            SELECT
                network,
                account_id,
                groupArray((period, is_told, last_followers)) AS followers_told
            FROM
            (
                SELECT
                    network,
                    account_id,
                    intDiv(dateDiff('millisecond', readings.occurred_at, told_until.watermark) - 1, 28 * 86400000)
                        AS period,
                    true AS is_told,
                    argMax(assumeNotNull(readings.followers), readings.occurred_at) AS last_followers
                FROM
                (
                    SELECT
                        network,
                        account_id,
                        occurred_at,
                        followers
                    FROM profiles FINAL
                    WHERE id = account_id AND isNotNull(followers)
                ) AS readings
                INNER JOIN account_clocks AS told_until USING (network, account_id)
                WHERE readings.occurred_at < told_until.watermark
                GROUP BY
                    network,
                    account_id,
                    period
            )
            GROUP BY
                network,
                account_id
        ) AS followed USING (network, account_id)
        LEFT JOIN
        (
            SELECT
                network,
                account_id,
                groupArray((period, headline_posts, measured_posts, sum_of_period)) AS interactions_told
            FROM
            (
                SELECT
                    network,
                    account_id,
                    intDiv(greatest(dateDiff('millisecond', due_at, watermark), 1) - 1, 28 * 86400000) AS period,
                    count() AS headline_posts,
                    countIf(headlines.measured) AS measured_posts,
                    sum(headlines.interactions) AS sum_of_period
                FROM matured_headlines AS headlines
                GROUP BY
                    network,
                    account_id,
                    period
            )
            GROUP BY
                network,
                account_id
        ) AS reacted USING (network, account_id)
    )
) AS compared
LEFT JOIN accounts USING (network, account_id)
COMMENT 'whether followers grow faster than what they do';
