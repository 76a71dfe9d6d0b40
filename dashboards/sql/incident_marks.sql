-- What happened to the accounts, as marks over time.
SELECT
    began_at AS time,
    ifNull(ended_at, $to) AS timeEnd,
    concat(account, ': ', $shown) AS title,
    reason AS text,
    alert AS tags,
    network,
    account_id
FROM incidents
WHERE began_at <= $to AND timeEnd >= $from AND $in(network, network) AND $in(account_id, account)
ORDER BY time
