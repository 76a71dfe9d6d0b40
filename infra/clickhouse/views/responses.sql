-- How fast and how reliably an account answers, over 28 days. The unit is an other account and conversation, opened
-- by the other's first reply or mention there. The rate asks only what was opened at least 24 h ago; the median is
-- Kaplan and Meier's (Journal of the American Statistical Association 53, 1958), so that what waits still counts as
-- longer than it has waited, and NULL where fewer than half are answered.
CREATE OR REPLACE VIEW responses
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the 28 days',
    at DateTime64(3, 'UTC') COMMENT 'their end: the watermark',
    opened UInt64 COMMENT 'conversations with an other account that it opened in them',
    answered UInt64 COMMENT 'those answered by now',
    answerable UInt64 COMMENT 'those opened at least 24 h ago',
    answered_24h UInt64 COMMENT 'those of the answerable that were answered within 24 h',
    response_rate_24h Nullable(Float64) COMMENT 'answered_24h / answerable, 0 to 1; NULL: nothing answerable',
    low Nullable(Float64) COMMENT 'lower end of its 95% interval (Wilson), 0 to 1',
    high Nullable(Float64) COMMENT 'upper end of its 95% interval (Wilson), 0 to 1',
    status LowCardinality(String) COMMENT 'ok, or too_few: nothing answerable',
    needed Nullable(Int64) COMMENT 'too_few: about how many more would do',
    first_reply_time_median_s Nullable(Float64) COMMENT 'median time to the first answer, in seconds; NULL: not reached',
    waiting UInt64 COMMENT 'conversations in which the other spoke last, in these days; the view inbox shows them',
    waiting_questions UInt64 COMMENT 'those of them that hold a question',
    oldest_waiting_s Nullable(Float64) COMMENT 'how long the oldest of them has waited, in seconds; NULL: none waits'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    from_at,
    at,
    opened,
    answered,
    answerable,
    answered_24h,
    estimate.1 AS response_rate_24h,
    estimate.2 AS low,
    estimate.3 AS high,
    estimate.5 AS status,
    estimate.6 AS needed,
    arrayFirstOrNull((time, alive) -> alive <= 0.5 + 1e-9, times.1, alive) AS first_reply_time_median_s,
    waiting,
    waiting_questions,
    oldest_waiting_s
FROM
(
    SELECT
        network,
        account_id,
        max(watermark) AS at,
        at - toIntervalDay(28) AS from_at,
        countIf(is_new) AS opened,
        countIf(is_new AND is_answered) AS answered,
        countIf(is_answerable) AS answerable,
        countIf(is_answerable AND is_answered AND observed_s <= 86400) AS answered_24h,
        ${response_share} AS estimate,
        arraySort(groupArrayIf((observed_s, NOT is_answered), is_new)) AS times,
        arrayMap(logarithm -> exp(logarithm), arrayCumSum(arrayMap(
            (one, rank) -> if(one.2, 0., log(1 - 1 / (opened - rank + 1))),
            times,
            arrayEnumerate(times)
        ))) AS alive,
        countIf(is_waiting) AS waiting,
        countIf(is_waiting AND waiting_asks) AS waiting_questions,
        maxOrNullIf(waiting_s, is_waiting) AS oldest_waiting_s
    FROM
    (
        SELECT
            network,
            account_id,
            watermark,
            observed_s,
            waiting_asks,
            waiting_s,
            answered_at IS NOT NULL AS is_answered,
            dateDiff('millisecond', opened_at, watermark) <= 28 * 86400000 AS is_new,
            is_new AND dateDiff('millisecond', opened_at, watermark) >= 86400000 AS is_answerable,
            ifNull(waiting_s <= 28 * 86400, false) AS is_waiting
        FROM response_units
    )
    GROUP BY
        network,
        account_id
) AS sums
LEFT JOIN accounts USING (network, account_id)
WHERE opened > 0 OR waiting > 0
COMMENT 'how fast and how reliably an account answers';
