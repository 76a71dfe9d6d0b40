-- How far each account's engagement is from what is expected of it.
SELECT
    account,
    ratio AS value,
    low,
    high,
    ifNull(posts, 0) AS n,
    if(isNull(value), if(reason = '', $shown, reason), '') AS words,
    network,
    account_id
FROM alert_state
WHERE alert = 'engagement' AND $in(network, network) AND $in(account_id, account)
ORDER BY
    value DESC NULLS LAST,
    account
LIMIT 50
