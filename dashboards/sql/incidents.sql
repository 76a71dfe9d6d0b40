-- What happened in the time range, the latest first.
SELECT
    account,
    alert,
    $shown AS shown,
    began_at AS time,
    ended_at AS until,
    if(isNull(ratio), '–', concat(toString(round(ratio, 2)), ' × usual')) AS against,
    if(isNull(low) OR isNull(high), '–', concat(toString(round(low, 2)), ' to ', toString(round(high, 2)))) AS interval,
    posts,
    if(
        reason != '' OR isNull(expected) OR isNull(observed),
        reason,
        concat(toString(round(observed, 1)), ' instead of ', toString(round(expected, 1)), ' a post')
    ) AS why,
    network,
    account_id
FROM incidents
WHERE began_at <= $to AND ifNull(ended_at, $to) >= $from AND $in(network, network) AND $in(account_id, account)
ORDER BY
    time DESC,
    account
LIMIT 30
