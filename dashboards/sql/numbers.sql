-- Every metric of every account in words: for whoever wants the numbers themselves, or why one is missing.
SELECT
    account,
    transform(metric, $metric_names, $metric_titles, metric) AS title,
    if(isNull(value), '–', $shown_value) AS shown,
    if(isNull(low) OR isNull(high), '–', concat($shown_low, ' to ', $shown_high)) AS interval,
    n,
    $words AS words,
    from_at,
    at
FROM metrics_latest
WHERE window = $window AND $in(network, network) AND $in(account_id, account)
ORDER BY
    account,
    network,
    indexOf($metric_names, metric)
LIMIT 300
