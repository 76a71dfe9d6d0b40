-- Followers as last told and how they changed in the window, beside what an interaction costs in followers.
SELECT
    account,
    followers,
    net_follower_growth AS growth,
    multiIf(
        isNull(engaged.value), engaged.words,
        isNull(engaged.low) OR isNull(engaged.high), concat($value, ', ', engaged.words),
        concat($value, ' (', $low, ' to ', $high, ')')
    ) AS per_post,
    ifNull(engaged.n, 0) AS n,
    if(engaged.value > 0, round(followers / engaged.value), NULL) AS followers_per_interaction,
    multiIf(
        status = 'unknown_input', 'the source does not tell the followers',
        status = 'too_few', 'followers were told once: no difference yet',
        ''
    ) AS words,
    network,
    account_id
FROM follower_growth
LEFT JOIN
(
    SELECT
        network,
        account_id,
        value,
        low,
        high,
        n,
        $words AS words
    FROM metrics_latest
    WHERE metric = 'interactions_per_post' AND window = $window AND $in(network, network)
        AND $in(account_id, account)
) AS engaged USING (network, account_id)
WHERE window = $window AND $in(network, network) AND $in(account_id, account)
ORDER BY
    followers DESC NULLS LAST,
    account
LIMIT 50
