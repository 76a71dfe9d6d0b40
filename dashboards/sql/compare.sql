-- One metric of every account as it stands now, largest first.
SELECT
    account,
    value,
    low,
    high,
    n,
    $words AS words,
    metric,
    network,
    account_id
FROM metrics_latest
WHERE metric IN ($metrics) AND window = $window AND $in(network, network) AND $in(account_id, account)
ORDER BY
    value DESC NULLS LAST,
    account
LIMIT 50
