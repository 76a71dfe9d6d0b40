-- What happened to the posts of some accounts: acts, snapshots and deletions that were not late, and the
-- followers told of the account itself. `late`: all that happened to late own posts, be it late itself, with the
-- account's own replies to them.
SELECT
    account_id,
    ${place} AS version,
    toUnixTimestamp64Milli(watermark) AS watermark_at,
    what,
    post,
    toUnixTimestamp64Milli(occurred_at) AS at,
    likes,
    replies,
    reposts,
    quotes,
    impressions
FROM
(
    SELECT
        account_id,
        version,
        watermark,
        transform(relation, ['reply', 'quote', 'repost'], ['replies', 'quotes', 'reposts'], '') AS what,
        ifNull(multiIf(relation = 'reply', reply_to_post, relation = 'quote', quote_of, repost_of), '') AS post,
        occurred_at,
        CAST(NULL, 'Nullable(Int64)') AS likes,
        CAST(NULL, 'Nullable(Int64)') AS replies,
        CAST(NULL, 'Nullable(Int64)') AS reposts,
        CAST(NULL, 'Nullable(Int64)') AS quotes,
        CAST(NULL, 'Nullable(Int64)') AS impressions
    FROM posts FINAL
    WHERE relation IN ('reply', 'quote', 'repost') AND (counted OR %(late)s)
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT account_id, version, watermark, 'likes', post, occurred_at, NULL, NULL, NULL, NULL, NULL
    FROM interactions FINAL
    WHERE kind = 'like' AND (NOT late OR %(late)s) AND actor != account_id
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT account_id, version, watermark, if(late, 'late_delete', 'delete'), id, occurred_at, NULL, NULL, NULL, NULL, NULL
    FROM deletions FINAL
    WHERE of IN ('post', 'repost')
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT
        account_id,
        version,
        watermark,
        if(final, 'final', 'snapshot'),
        id,
        occurred_at,
        likes,
        replies,
        reposts,
        quotes,
        impressions
    FROM post_stats FINAL
    WHERE (NOT late OR %(late)s)
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT account_id, version, watermark, 'followers', '', occurred_at, followers, NULL, NULL, NULL, NULL
    FROM profiles FINAL
    WHERE id = account_id AND followers IS NOT NULL AND (NOT late OR %(late)s)
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT
        replies.account_id,
        if(is_gone, greatest(gone.version, replies.version), replies.version),
        if(is_gone, gone.watermark, replies.watermark),
        if(is_gone, 'reply_gone', 'own_reply'),
        replies.post,
        if(is_gone, gone.occurred_at, replies.occurred_at),
        NULL, NULL, NULL, NULL, NULL
    FROM
    (
        SELECT account_id, id, ${place} AS version, watermark, occurred_at, ifNull(reply_to_post, '') AS post
        FROM posts FINAL
        WHERE relation = 'own' AND kind = 'thread' AND %(late)s
            AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    ) AS replies
    LEFT JOIN
    (
        SELECT account_id, id, ${place} AS version, watermark, occurred_at
        FROM deletions FINAL
        WHERE of IN ('post', 'repost')
            AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    ) AS gone ON gone.account_id = replies.account_id AND gone.id = replies.id
    ARRAY JOIN if(gone.version > 0, [0, 1], [0]) AS is_gone
)
WHERE what = 'followers' OR
(
    post != '' AND
    (
        NOT %(late)s OR (account_id, post) IN
        (
            SELECT account_id, id
            FROM posts
            WHERE relation = 'own' AND late
                AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        )
    )
)
