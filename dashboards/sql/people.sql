-- What followers are worth: how many people stand behind the account, beside the number that everybody sees.
SELECT
    account,
    followers,
    engagers AS reacted,
    engagers_per_1000_followers AS per_1000,
    ifNull(contacts, 0) AS contacts,
    ifNull(reciprocal, 0) AS reciprocal,
    network,
    account_id
FROM engagers
LEFT JOIN
(
    SELECT
        network,
        account_id,
        countIf(tier >= 2) AS contacts,
        countIf(active_reciprocal) AS reciprocal
    FROM relationships
    WHERE $in(network, network) AND $in(account_id, account)
    GROUP BY
        network,
        account_id
) AS ties USING (network, account_id)
WHERE $in(network, network) AND $in(account_id, account)
ORDER BY
    followers DESC NULLS LAST,
    account
LIMIT 50
