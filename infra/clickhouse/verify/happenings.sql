-- What happened to the posts of some accounts: acts, snapshots and deletions that were not late, and the
-- followers told of the account itself.
SELECT
    account_id,
    version,
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
    WHERE relation IN ('reply', 'quote', 'repost') AND counted
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT account_id, version, watermark, 'likes', post, occurred_at, NULL, NULL, NULL, NULL, NULL
    FROM interactions FINAL
    WHERE kind = 'like' AND NOT late AND actor != account_id
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
    WHERE NOT late
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    UNION ALL
    SELECT account_id, version, watermark, 'followers', '', occurred_at, followers, NULL, NULL, NULL, NULL
    FROM profiles FINAL
    WHERE id = account_id AND followers IS NOT NULL AND NOT late
        AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
)
WHERE post != '' OR what = 'followers'
