-- How many facts each account has, to read them in groups of bounded size.
SELECT
    network,
    account_id,
    sum(facts) AS facts
FROM
(
    SELECT network, account_id, count() AS facts FROM posts GROUP BY network, account_id
    UNION ALL
    SELECT network, account_id, count() AS facts FROM post_stats GROUP BY network, account_id
    UNION ALL
    SELECT network, account_id, count() AS facts FROM interactions GROUP BY network, account_id
    UNION ALL
    SELECT network, account_id, count() AS facts FROM checkpoints
    WHERE kind IN ('header', 'minute')
    GROUP BY network, account_id
    UNION ALL
    SELECT network, account_id, count() AS facts FROM account_windows GROUP BY network, account_id
)
WHERE %(account)s = '' OR account_id = %(account)s
GROUP BY network, account_id
ORDER BY network, account_id
