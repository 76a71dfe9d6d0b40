-- Does the result rest on a few posts? Interactions at 24 h of headline posts: how unequal they are, and what is
-- left without the best one. Gini is corrected for few posts by n / (n − 1): Deltas (2003), "The small-sample
-- bias of the Gini coefficient", Review of Economics and Statistics 85(1).
CREATE OR REPLACE VIEW concentration
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    window LowCardinality(String) COMMENT '28d: posts that matured in the 28 days up to at; all: everything known',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    n Int64 COMMENT 'matured headline posts whose counts are known',
    interactions Int64 COMMENT 'their interactions at 24 h, added up',
    interactions_without_best Nullable(Int64) COMMENT 'interactions without the single best post; NULL: no post',
    mean Nullable(Float64) COMMENT 'interactions per post; NULL: no post',
    median Nullable(Float64) COMMENT 'interactions of the post in the middle; NULL: no post',
    gini Nullable(Float64) COMMENT 'inequality of the posts, 0 (all alike) to 1 (one has all); NULL: see status',
    top_1_share Nullable(Float64) COMMENT 'share of the interactions held by the best post, 0 to 1; NULL: see status',
    top_10_percent_share Nullable(Float64) COMMENT 'share held by the best tenth of the posts (rounded up), 0 to 1; NULL: see status',
    status LowCardinality(String) COMMENT 'ok, too_few (below 10 posts, or no interaction), unknown_input (counts of no post are told) or no_posts',
    needed Nullable(Int64) COMMENT 'too_few: how many more posts would do; NULL: more posts alone would not'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    window,
    at,
    n,
    interactions,
    if(n = 0, NULL, interactions - counts[-1]) AS interactions_without_best,
    if(n = 0, NULL, interactions / n) AS mean,
    if(n = 0, NULL, (counts[intDiv(n + 1, 2)] + counts[intDiv(n, 2) + 1]) / 2) AS median,
    if(
        status = 'ok',
        (2 * arraySum((each, place) -> each * place, counts, arrayEnumerate(counts)) / interactions - n - 1) / (n - 1),
        NULL
    ) AS gini,
    if(status = 'ok', counts[-1] / interactions, NULL) AS top_1_share,
    if(status = 'ok', arraySum(arraySlice(counts, -intDiv(n + 9, 10))) / interactions, NULL) AS top_10_percent_share,
    multiIf(
        headlines = 0, 'no_posts',
        n = 0, 'unknown_input',
        n < 10 OR interactions = 0, 'too_few',
        'ok'
    ) AS status,
    if(status = 'too_few' AND n < 10, 10 - n, NULL) AS needed
FROM
(
    SELECT
        network,
        account_id,
        window,
        at,
        sums.headlines AS headlines,
        sums.counts AS counts,
        toInt64(length(counts)) AS n,
        toInt64(arraySum(counts)) AS interactions
    FROM account_spans
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            window,
            count() AS headlines,
            arraySort(groupArrayIf(interactions, measured)) AS counts
        FROM matured_headlines
        ARRAY JOIN windows AS window
        GROUP BY
            network,
            account_id,
            window
    ) AS sums USING (network, account_id, window)
) AS windows
LEFT JOIN accounts USING (network, account_id)
COMMENT 'whether the result rests on a few posts';
