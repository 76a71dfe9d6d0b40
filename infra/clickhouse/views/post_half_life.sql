-- How long does a post live? The age at which half of the 24 h interactions of headline posts had arrived, over all
-- posts together. Where the network tells every act, it is exact. Snapshots only tell between which two looks an
-- interaction came: then it lies somewhere from low_s to high_s, whatever happened in between, and half_life_s is
-- NULL unless both agree. Own replies under own posts are taken off; a count that falls is held.
CREATE OR REPLACE VIEW post_half_life
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    window LowCardinality(String) COMMENT '28d: posts that matured in the 28 days up to at; all: everything known',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    half_life_s Nullable(Float64) COMMENT 'age of a post at which half of its 24 h interactions had arrived, in seconds; NULL: see status, or low_s and high_s',
    low_s Nullable(Float64) COMMENT 'it is not less than this, in seconds; NULL: see status',
    high_s Nullable(Float64) COMMENT 'it is not more than this, in seconds; NULL: see status',
    posts Int64 COMMENT 'matured headline posts with an interaction of known age',
    n Int64 COMMENT 'interactions of known age',
    status LowCardinality(String) COMMENT 'ok, too_few (below 20 interactions), unknown_input (no act and no snapshot of known time is told of any post) or no_posts',
    needed Nullable(Int64) COMMENT 'too_few: how many more interactions would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    window,
    at,
    if(status = 'ok' AND sums.low_ms = sums.high_ms, sums.low_ms / 1000, NULL) AS half_life_s,
    if(status = 'ok', sums.low_ms / 1000, NULL) AS low_s,
    if(status = 'ok', sums.high_ms / 1000, NULL) AS high_s,
    toInt64(sums.posts) AS posts,
    toInt64(sums.n) AS n,
    multiIf(
        sums.headlines = 0, 'no_posts',
        sums.watched = 0, 'unknown_input',
        n < 20, 'too_few',
        'ok'
    ) AS status,
    if(status = 'too_few', 20 - n, NULL) AS needed
FROM account_spans
LEFT JOIN
(
    SELECT
        network,
        account_id,
        window,
        count() AS headlines,
        countIf(ages.is_watched) AS watched,
        countIf(notEmpty(ages.arrivals)) AS posts,
        arraySum(arrival -> arrival.3, groupArrayArray(ages.arrivals) AS arrivals_of_all) AS n,
        arraySort(arrival -> arrival.1, arrivals_of_all) AS by_begin,
        arraySort(arrival -> arrival.2, arrivals_of_all) AS by_end,
        by_begin[arrayFirstIndex(
            until -> until * 2 >= n,
            arrayCumSum(arrival -> arrival.3, by_begin)
        )].1 AS low_ms,
        by_end[arrayFirstIndex(
            until -> until * 2 >= n,
            arrayCumSum(arrival -> arrival.3, by_end)
        )].2 AS high_ms
    FROM post_arrivals AS ages
    ARRAY JOIN ages.windows AS window
    GROUP BY
        network,
        account_id,
        window
) AS sums USING (network, account_id, window)
LEFT JOIN accounts USING (network, account_id)
COMMENT 'age at which half of the interactions of a day had arrived';
