-- What happened between an account and others, each act once: one row a post (or like) and other account. Where a
-- post does several things at once to one other, the first of repost, reply, quote, mention stands for it; a
-- closing "via @x" is no mention. Deleted acts and gone accounts are left out; late ones are in. Likes given are
-- here where a source tells them and the id of the post names its author: on Bluesky.
CREATE OR REPLACE VIEW exchanges
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    other String COMMENT 'id of the other account',
    other_handle String COMMENT 'handle of the other in this post, without @; empty: not told',
    at DateTime64(3, 'UTC') COMMENT 'when it happened',
    outgoing Bool COMMENT 'true: the tracked account acts; false: the other does',
    kind LowCardinality(String) COMMENT 'reply, mention, quote, repost or like',
    post String COMMENT 'id of the post that is the act; like: id of the post liked',
    conversation Nullable(String) COMMENT 'id of the conversation as the network tells it; NULL: not told',
    asks Bool COMMENT 'holds a question',
    followers Nullable(Int64) COMMENT 'followers of the other then; NULL: not told',
    relevance Nullable(Float32) COMMENT 'largest probability of a topic of the brand in what the other wrote, 0 to 1; NULL: not scored',
    on_topic Bool COMMENT 'that relevance reaches the threshold'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    acts.network AS network,
    acts.account_id AS account_id,
    acts.other AS other,
    acts.other_handle AS other_handle,
    acts.at AS at,
    acts.outgoing AS outgoing,
    acts.kind AS kind,
    acts.post AS post,
    acts.conversation AS conversation,
    acts.asks AS asks,
    acts.followers AS followers,
    acts.relevance AS relevance,
    acts.on_topic AS on_topic
FROM
(
    SELECT
        network,
        account_id,
        act.1 AS other,
        act.2 AS other_handle,
        at,
        outgoing,
        act.3 AS kind,
        id,
        id AS post,
        conversation,
        asks,
        if(outgoing, NULL, followers_at_post) AS followers,
        if(outgoing, NULL, relevance) AS relevance,
        NOT outgoing AND on_topic AS on_topic
    FROM
    (
        SELECT
            network,
            account_id,
            id,
            occurred_at AS at,
            relation = 'own' AS outgoing,
            conversation,
            asks,
            followers_at_post,
            relevance,
            on_topic,
            replaceRegexpAll(text, 'https?://\\S+', ' ') AS words,
            if(positionCaseInsensitive(text, 'via') = 0, '', lowerUTF8(extract(words,
                '(?i)\\bvia\\s+[@＠]([\\w.@-]*\\w)[^\\w@＠#]*(?:[#＃]\\w+\\s*)*$$'))) AS via,
            if(via != '' AND countSubstringsCaseInsensitiveUTF8(words, concat('@', via)) > 1, '', via) AS credited,
            arrayFilter(
                (mention, handle) -> credited = '' OR splitByChar('@', lowerUTF8(handle))[1] != credited
                    AND lowerUTF8(handle) != credited,
                mentions,
                mention_handles
            ) AS meant,
            if(
                NOT outgoing,
                [(author, toString(relation))],
                arrayConcat(
                    [(ifNull(repost_of_account, ''), 'repost')],
                    if(kind = 'repost', [], arrayConcat(
                        [(ifNull(reply_to_account, ''), 'reply'), (ifNull(quote_of_account, ''), 'quote')],
                        arrayMap(mention -> (mention, 'mention'), meant)
                    ))
                )
            ) AS named,
            arrayFilter(
                (one, place) -> one.1 NOT IN ('', account_id) AND indexOf(named.1, one.1) = place,
                named,
                arrayEnumerate(named)
            ) AS others,
            arrayMap(
                one -> (one.1, if(outgoing, mention_handles[indexOf(mentions, one.1)], author_handle), one.2),
                others
            ) AS acts
        FROM posts FINAL
        WHERE relation IN ('own', 'reply', 'mention', 'quote', 'repost')
        SETTINGS do_not_merge_across_partitions_select_final = 1
    )
    ARRAY JOIN acts AS act
    UNION ALL
    SELECT
        network,
        account_id,
        if(outgoing, extract(post, '^at://([^/]+)/'), actor) AS other,
        '' AS other_handle,
        occurred_at AS at,
        actor = account_id AS outgoing,
        'like' AS kind,
        id,
        post,
        NULL AS conversation,
        false AS asks,
        NULL AS followers,
        NULL AS relevance,
        false AS on_topic
    FROM interactions FINAL
    WHERE interactions.kind = 'like' AND other NOT IN ('', account_id)
) AS acts
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        1 AS is_deleted
    FROM deletions FINAL
    WHERE of IN ('post', 'repost', 'like')
) AS withdrawn USING (network, account_id, id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id AS gone,
        1 AS is_gone
    FROM deletions FINAL
    WHERE of = 'account'
) AS others_gone ON others_gone.network = acts.network
    AND others_gone.account_id = acts.account_id
    AND others_gone.gone = acts.other
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
) AS self_gone ON self_gone.network = acts.network AND self_gone.account_id = acts.account_id
WHERE withdrawn.is_deleted = 0 AND others_gone.is_gone = 0 AND self_gone.is_gone = 0
COMMENT 'every act between an account and another, either way';
