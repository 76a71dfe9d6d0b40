-- Are the first to react always the same few? Of the interactions in the first 10 minutes of headline posts: the
-- share by the up to 15 accounts that came so early most often, each on 2 posts at least, and for comparison their
-- share of what came later. Only where the network tells every single act.
CREATE OR REPLACE VIEW engagement_pods
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    window LowCardinality(String) COMMENT '28d: posts that matured in the 28 days up to at; all: everything known',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    posts Int64 COMMENT 'headline posts with an interaction in the first 10 minutes',
    n Int64 COMMENT 'interactions in the first 10 minutes, all posts together',
    early_accounts Int64 COMMENT 'accounts that gave them',
    pod_accounts Int64 COMMENT 'of these, the up to 15 that came so early most often, on 2 posts at least',
    pod Array(String) COMMENT 'their ids, most frequent first',
    pod_share Nullable(Float64) COMMENT 'share of the early interactions that they gave, 0 to 1; NULL: see status',
    pod_later_share Nullable(Float64) COMMENT 'their share of the interactions from 10 minutes to 24 h, 0 to 1; NULL: none, or see status',
    is_pod Nullable(Bool) COMMENT 'pod_share is above 0.6; NULL: see status',
    status LowCardinality(String) COMMENT 'ok, too_few (below 20 early interactions), unknown_input (single acts are not told) or no_posts',
    needed Nullable(Int64) COMMENT 'too_few: how many more early interactions would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    window,
    at,
    toInt64(length(arrayDistinct(arrayFlatten(arrayMap(each -> each.3, early))))) AS posts,
    toInt64(arraySum(arrayMap(each -> each.2, early))) AS n,
    toInt64(length(early)) AS early_accounts,
    toInt64(length(pod)) AS pod_accounts,
    arrayMap(each -> each.1, pod_told) AS pod,
    if(status = 'ok', arraySum(arrayMap(each -> each.2, pod_told)) / n, NULL) AS pod_share,
    if(
        status = 'ok',
        arraySum(arrayMap(each -> each.4, pod_told)) / nullIf(arraySum(arrayMap(each -> each.4, told)), 0),
        NULL
    ) AS pod_later_share,
    pod_share > 0.6 AS is_pod,
    multiIf(
        seen.headlines = 0, 'no_posts',
        seen.with_acts = 0, 'unknown_input',
        n < 20, 'too_few',
        'ok'
    ) AS status,
    if(status = 'too_few', 20 - n, NULL) AS needed
FROM
(
    SELECT
        network,
        account_id,
        window,
        at,
        seen.headlines AS headlines,
        seen.with_acts AS with_acts,
        given.told AS told,
        arrayFilter(each -> each.2 > 0, given.told) AS early,
        arraySlice(
            arraySort(each -> (-each.2, each.1), arrayFilter(each -> length(each.3) >= 2, given.told)),
            1,
            15
        ) AS pod_told
    FROM account_spans
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            window,
            count() AS headlines,
            countIf(own.acts_told) AS with_acts
        FROM matured_headlines AS headline
        INNER JOIN
        (
            SELECT
                network,
                account_id,
                id,
                acts_told
            FROM posts FINAL
            WHERE relation = 'own' AND kind IN ('original', 'quote')
            SETTINGS do_not_merge_across_partitions_select_final = 1
        ) AS own USING (network, account_id, id)
        ARRAY JOIN headline.windows AS window
        GROUP BY
            network,
            account_id,
            window
    ) AS seen USING (network, account_id, window)
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            window,
            groupArray((actor, early_acts, early_posts, later_acts)) AS told
        FROM
        (
            SELECT
                network,
                account_id,
                window,
                actor,
                toInt64(countIf(age_ms < 600000)) AS early_acts,
                groupUniqArrayIf(post, age_ms < 600000) AS early_posts,
                toInt64(countIf(age_ms >= 600000)) AS later_acts
            FROM acts_on_posts
            ARRAY JOIN windows AS window
            GROUP BY
                network,
                account_id,
                window,
                actor
        )
        GROUP BY
            network,
            account_id,
            window
    ) AS given USING (network, account_id, window)
) AS seen
LEFT JOIN accounts USING (network, account_id)
COMMENT 'whether the first to react are always the same few';
