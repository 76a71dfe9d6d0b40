-- One row an act of somebody else on an own headline post within its first 24 hours, where the network tells
-- every single act and the post is a day old: likes, replies, quotes and reposts with their actor and age. Those of
-- accounts that are gone are left out.
CREATE OR REPLACE VIEW acts_on_posts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    post String COMMENT 'id of the post acted on',
    posted_at DateTime64(3, 'UTC') COMMENT 'when it was posted',
    watermark DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    windows Array(String) COMMENT 'the spans of account_spans that it counts in, by when the post was a day old',
    act LowCardinality(String) COMMENT 'like, reply, quote or repost',
    actor String COMMENT 'id of the account that acted',
    age_ms Int64 COMMENT 'age of the post at the act, in milliseconds, below 24 h'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    acts.network AS network,
    acts.account_id AS account_id,
    acts.post AS post,
    own.posted_at AS posted_at,
    clocks.watermark AS watermark,
    if(own.posted_at >= clocks.watermark - toIntervalDay(29), ['28d', 'all'], ['all']) AS windows,
    acts.act AS act,
    acts.actor AS actor,
    greatest(toInt64(dateDiff('millisecond', own.posted_at, acts.acted_at)), 0) AS age_ms
FROM
(
    SELECT
        network,
        account_id,
        post,
        'like' AS act,
        actor,
        occurred_at AS acted_at
    FROM interactions FINAL
    WHERE kind = 'like'
    UNION ALL
    SELECT
        network,
        account_id,
        ifNull(multiIf(relation = 'reply', reply_to_post, relation = 'quote', quote_of, repost_of), '') AS post,
        relation AS act,
        author AS actor,
        occurred_at AS acted_at
    FROM posts FINAL
    WHERE relation IN ('reply', 'quote', 'repost')
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS acts
INNER JOIN
(
    SELECT
        network,
        account_id,
        id AS post,
        posted_at
    FROM own_posts
    WHERE is_headline AND acts_told
) AS own USING (network, account_id, post)
INNER JOIN account_clocks AS clocks USING (network, account_id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id AS actor,
        1 AS is_gone
    FROM deletions FINAL
    WHERE of = 'account'
) AS actors_gone USING (network, account_id, actor)
WHERE acts.actor != acts.account_id
    AND actors_gone.is_gone = 0
    AND age_ms < 86400000
    AND own.posted_at + toIntervalHour(24) <= clocks.watermark
COMMENT 'single acts of others on own headline posts of the first 24 hours';
