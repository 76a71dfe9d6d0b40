-- Who speaks first: the share of mutual relationships that the account began.
SELECT
    account,
    estimate.1 AS value,
    estimate.2 AS low,
    estimate.3 AS high,
    ties AS n,
    if(isNull(value), 'no mutual relationship yet', '') AS words,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        account,
        countIf(strength > 0) AS ties,
        countIf(strength > 0 AND began = 'account') AS begun,
        $share AS estimate
    FROM relationships
    WHERE $in(network, network) AND $in(account_id, account)
    GROUP BY
        network,
        account_id,
        account
)
ORDER BY
    value DESC NULLS LAST,
    account
LIMIT 50
