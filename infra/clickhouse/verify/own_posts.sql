-- Own posts of some accounts with what was decided about them, to decide it again.
SELECT
    account_id,
    version,
    toUnixTimestamp64Milli(watermark) AS watermark_at,
    id,
    toUnixTimestamp64Milli(occurred_at) AS posted_at,
    author,
    text,
    reply_to_post,
    reply_to_account,
    quote_of IS NOT NULL AS quotes,
    repost_of IS NOT NULL AS reposts,
    followers_at_post,
    acts_told,
    kind,
    near_duplicate,
    relevance IS NOT NULL AS scored,
    on_topic,
    counted,
    toUnixTimestamp(written_at) AS written
FROM posts FINAL
WHERE relation = 'own'
    AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
