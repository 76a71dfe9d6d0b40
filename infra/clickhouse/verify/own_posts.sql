-- Own posts of some accounts with what was decided about them, to decide it again. `late`: those alone that came too
-- late and have ages, which only a recount gives them.
SELECT
    account_id,
    ${place} AS version,
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
    toInt32(round(relevance * 1000)) AS relevance_milli,
    on_topic,
    counted,
    toUnixTimestamp(written_at) AS written
FROM posts FINAL
WHERE relation = 'own' AND (NOT %(late)s OR (late AND kind IN ('original', 'quote', 'reply')))
    AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
