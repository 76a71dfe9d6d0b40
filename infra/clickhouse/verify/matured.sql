-- Own posts of some accounts at an age, as they were stored. `late`: those alone that a recount decided.
SELECT
    account_id,
    ${place} AS version,
    id,
    age,
    toUnixTimestamp64Milli(due_at) AS due,
    kind,
    relevance IS NOT NULL AS scored,
    on_topic,
    followers,
    measured,
    likes,
    replies,
    reposts,
    quotes,
    impressions,
    interactions,
    late,
    toUnixTimestamp(written_at) AS written
FROM matured FINAL
WHERE (late OR NOT %(late)s)
    AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
