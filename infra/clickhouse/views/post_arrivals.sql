-- One row a matured headline post: when its interactions of the first 24 hours came, as tuples (after, until, how
-- many) of ages in milliseconds. A single act has after = until; two snapshots tell what came between them. Of a post
-- that came late, late snapshots count too, as they do in its counts at 24 h.
CREATE OR REPLACE VIEW post_arrivals
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the post',
    due_at DateTime64(3, 'UTC') COMMENT 'when its counts at 24 h were decided',
    watermark DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    windows Array(String) COMMENT 'the spans of account_spans that it counts in',
    is_watched Bool COMMENT 'acts or snapshots of known time are told of it',
    arrivals Array(Tuple(Int64, Int64, Int64)) COMMENT 'ages in milliseconds after which and until which so many interactions came'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    id,
    due_at,
    watermark,
    windows,
    acts_told OR notEmpty(looks) AS is_watched,
    if(acts_told, arrayMap(age -> (age, age, 1), act_ages), told_between) AS arrivals
FROM
(
    SELECT
        headlines.network AS network,
        headlines.account_id AS account_id,
        headlines.id AS id,
        headlines.due_at AS due_at,
        headlines.watermark AS watermark,
        headlines.windows AS windows,
        own.acts_told AS acts_told,
        acts.ages AS act_ages,
        toUnixTimestamp64Milli(headlines.posted_at) AS born,
        arrayFilter(
            look -> look.1 > born AND look.1 <= toUnixTimestamp64Milli(headlines.due_at) AND (own.late OR NOT look.4),
            if(headlines.measured, snapshots.looks_of_post, [])
        ) AS looks,
        arrayMap(
            look -> look.2 + greatest(look.3 - toInt64(arrayCount(at -> at <= look.1, threads.replied_at)), 0),
            looks
        ) AS counts,
        arrayMap(place -> arrayMax(arraySlice(counts, 1, place)), arrayEnumerate(counts)) AS held,
        arrayFilter(
            arrival -> arrival.3 > 0,
            arrayMap(
                (look, place) -> (
                    if(place = 1, toInt64(0), looks[place - 1].1 - born),
                    look.1 - born,
                    held[place] - if(place = 1, toInt64(0), held[place - 1])
                ),
                looks,
                arrayEnumerate(looks)
            )
        ) AS told_between
    FROM matured_headlines AS headlines
    INNER JOIN
    (
        SELECT
            network,
            account_id,
            id,
            acts_told,
            late
        FROM posts FINAL
        WHERE relation = 'own' AND kind IN ('original', 'quote')
        SETTINGS do_not_merge_across_partitions_select_final = 1
    ) AS own USING (network, account_id, id)
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            post AS id,
            groupArray(age_ms) AS ages
        FROM acts_on_posts
        GROUP BY
            network,
            account_id,
            id
    ) AS acts USING (network, account_id, id)
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            id,
            arraySort(groupArray((
                toUnixTimestamp64Milli(occurred_at),
                ifNull(likes, 0) + ifNull(reposts, 0) + ifNull(quotes, 0),
                ifNull(replies, 0),
                late
            ))) AS looks_of_post
        FROM post_stats FINAL
        WHERE NOT final
        GROUP BY
            network,
            account_id,
            id
    ) AS snapshots USING (network, account_id, id)
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            assumeNotNull(reply_to_post) AS id,
            groupArray(toUnixTimestamp64Milli(posted_at)) AS replied_at
        FROM own_posts
        WHERE kind = 'thread' AND isNotNull(reply_to_post)
        GROUP BY
            network,
            account_id,
            id
    ) AS threads USING (network, account_id, id)
) AS watched
COMMENT 'when the interactions of each headline post came';
