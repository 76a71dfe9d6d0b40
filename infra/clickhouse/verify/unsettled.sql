-- Accounts with something that only a recount can count: late facts, and what was withdrawn after it was counted.
-- Given with the first minute that it may concern. `since`: when it was stored.
SELECT
    network,
    account_id,
    min(at) AS since
FROM
(
    SELECT network, account_id, toUnixTimestamp64Milli(occurred_at) AS at
    FROM posts
    WHERE late AND written_at >= fromUnixTimestamp(toInt64(%(since)s))
    UNION ALL
    SELECT network, account_id, toUnixTimestamp64Milli(occurred_at) AS at
    FROM interactions
    WHERE late AND kind IN ('like', 'follow', 'unfollow') AND actor != account_id
        AND written_at >= fromUnixTimestamp(toInt64(%(since)s))
    UNION ALL
    SELECT network, account_id, toInt64(0) AS at
    FROM deletions
    WHERE written_at >= fromUnixTimestamp(toInt64(%(since)s))
)
GROUP BY network, account_id
ORDER BY network, account_id
