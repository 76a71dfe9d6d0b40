-- Those that posted most in 28 days come first; a handle that two networks share is told apart by its network.
SELECT
    account_id,
    if(count() OVER (PARTITION BY label) > 1, concat(label, ' (', network, ')'), label) AS text
FROM
(
    SELECT
        network,
        account_id,
        if(handle = '', account_id, handle) AS label,
        last_at
    FROM accounts
    WHERE $in(network, network) AND last_at IS NOT NULL
) AS known
LEFT JOIN
(
    SELECT
        network,
        account_id,
        posts
    FROM account_sums
    WHERE window = '28d'
) AS busy USING (network, account_id)
ORDER BY
    posts DESC,
    text
LIMIT 500
