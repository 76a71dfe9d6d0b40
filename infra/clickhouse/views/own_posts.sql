-- One row an own post that was not deleted, reposts left out: what it was, whom it answered, and whether the
-- network tells each act on it. Late ones are there too: they were posted.
CREATE OR REPLACE VIEW own_posts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the post',
    posted_at DateTime64(3, 'UTC') COMMENT 'when it was posted',
    kind LowCardinality(String) COMMENT 'original, quote, reply or thread',
    reply_to_post Nullable(String) COMMENT 'id of the post replied to; NULL: none, or not told',
    is_headline Bool COMMENT 'original or quote: said to everybody',
    is_answer Bool COMMENT 'reply to an account known to be other, not a near-duplicate',
    acts_told Bool COMMENT 'the network tells every single act on it'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    own.network AS network,
    own.account_id AS account_id,
    own.id AS id,
    own.occurred_at AS posted_at,
    own.kind AS kind,
    own.reply_to_post AS reply_to_post,
    own.kind IN ('original', 'quote') AS is_headline,
    own.kind = 'reply' AND isNotNull(own.reply_to_account) AND NOT own.near_duplicate AS is_answer,
    own.acts_told AS acts_told
FROM
(
    SELECT
        network,
        account_id,
        id,
        occurred_at,
        kind,
        reply_to_post,
        reply_to_account,
        near_duplicate,
        acts_told
    FROM posts FINAL
    WHERE relation = 'own' AND kind != 'repost'
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS own
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        1 AS is_deleted
    FROM deletions FINAL
    WHERE of = 'post'
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
COMMENT 'own posts that were not deleted';
