-- How each account is now: what fires first, then what cannot be told.
SELECT
    account,
    alert,
    $shown AS shown,
    since AS time,
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
FROM alert_state
WHERE $in(network, network) AND $in(account_id, account)
ORDER BY
    firing DESC,
    state = 'no_data' DESC,
    alert != 'engagement',
    account,
    alert
LIMIT 60
