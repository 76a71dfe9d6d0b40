-- Followers beside what a post moves: one row an account. Followers are the last that anything told, a post or a profile.
SELECT
    account,
    if(told_at > ifNull(profile_at, toDateTime64(0, 3, 'UTC')), told_followers, profile.followers) AS followers,
    value,
    low,
    high,
    n,
    if(value > 0, round(followers / value), NULL) AS followers_per_interaction,
    if(isNull(followers), 'the source does not tell the followers', $words) AS words,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        account,
        metric,
        known_since,
        at,
        value,
        low,
        high,
        n,
        status,
        needed
    FROM metrics_latest
    WHERE metric = 'interactions_per_post' AND window = $window
        AND $in(network, network) AND $in(account_id, account)
) AS latest
LEFT JOIN
(
    SELECT
        network,
        account_id,
        argMaxIf(followers, posted_at, isNotNull(followers)) AS told_followers,
        maxIf(posted_at, isNotNull(followers)) AS told_at
    FROM post_facts
    WHERE $in(network, network) AND $in(account_id, account)
    GROUP BY
        network,
        account_id
) AS told USING (network, account_id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        followers,
        followers_at AS profile_at
    FROM follower_growth
    WHERE window = $window AND $in(network, network) AND $in(account_id, account)
) AS profile USING (network, account_id)
ORDER BY
    followers DESC NULLS LAST,
    account
LIMIT 50
