-- One row an own headline post (original or quote) that was counted at age 24 h and not deleted since: what the
-- views on posts add up. A post whose counts nobody told is there with measured = 0.
CREATE OR REPLACE VIEW matured_headlines
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the post',
    posted_at DateTime64(3, 'UTC') COMMENT 'when it was posted',
    due_at DateTime64(3, 'UTC') COMMENT 'when its counts at 24 h were decided',
    watermark DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    windows Array(String) COMMENT 'the spans of account_spans that it counts in: all, and 28d if it was due within 28 days',
    measured Bool COMMENT 'its counts at 24 h are known',
    followers Nullable(Int64) COMMENT 'followers when it was posted; NULL: not known',
    likes Nullable(Int64) COMMENT 'likes at 24 h; NULL: not told',
    replies Nullable(Int64) COMMENT 'replies of others at 24 h; NULL: not told',
    reposts Nullable(Int64) COMMENT 'reposts at 24 h; NULL: not told',
    quotes Nullable(Int64) COMMENT 'quotes at 24 h; NULL: not told',
    interactions Int64 COMMENT 'likes, replies, reposts and quotes that were told at 24 h; 0 where measured = 0'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    headlines.network AS network,
    headlines.account_id AS account_id,
    headlines.id AS id,
    headlines.occurred_at AS posted_at,
    headlines.due_at AS due_at,
    clocks.watermark AS watermark,
    if(due_at >= watermark - toIntervalDay(28), ['28d', 'all'], ['all']) AS windows,
    headlines.measured AS measured,
    headlines.followers AS followers,
    headlines.likes AS likes,
    headlines.replies AS replies,
    headlines.reposts AS reposts,
    headlines.quotes AS quotes,
    ifNull(headlines.interactions, 0) AS interactions
FROM
(
    SELECT
        network,
        account_id,
        id,
        occurred_at,
        due_at,
        measured,
        followers,
        likes,
        replies,
        reposts,
        quotes,
        interactions
    FROM matured FINAL
    WHERE age = '24h' AND kind IN ('original', 'quote')
) AS headlines
INNER JOIN account_clocks AS clocks USING (network, account_id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        1 AS is_deleted
    FROM deletions FINAL
    WHERE of IN ('post', 'repost')
) AS withdrawn USING (network, account_id, id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        1 AS is_gone
    FROM deletions FINAL
    WHERE of = 'account' AND (id = account_id OR author = account_id)
    GROUP BY
        network,
        account_id
) AS gone USING (network, account_id)
WHERE withdrawn.is_deleted = 0 AND gone.is_gone = 0
COMMENT 'own headline posts with their counts at 24 h';
