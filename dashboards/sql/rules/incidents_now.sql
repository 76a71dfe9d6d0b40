-- 1 for each account and alert whose state is one of these now, else 0; with the evidence, which stays the same as
-- long as the state does, and the posts that tell most. Where the brand file says of whom alerts are told, all others
-- have 0.
WITH
    (
        SELECT argMax(content, last_at)
        FROM brand_versions
    ) AS brand,
    JSONExtract(ifNull(brand, ''), 'alerts', 'accounts', 'Array(Tuple(network String, handle String, id String))')
        AS told_of
SELECT
    states.network AS network,
    states.account AS account,
    if(is_on, states.state, '') AS state,
    if(is_on, states.told, '') AS evidence,
    if(is_on, formatDateTime(states.since, '%Y-%m-%d %H:%i', 'UTC'), '') AS since_utc,
    if(is_on, told.posts, '') AS posts,
    toFloat64(is_on) AS firing
FROM
(
    SELECT
        network,
        account_id,
        account,
        alert,
        state,
        if(
            isNull(ratio) OR isNull(low) OR isNull(high),
            reason,
            concat(
                toString(round(100 * assumeNotNull(ratio))), ' % of what was usual (',
                toString(round(100 * assumeNotNull(low))), ' to ',
                toString(round(100 * assumeNotNull(high))), ' %, ',
                toString(ifNull(alert_state.posts, 0)), ' posts)'
            )
        ) AS told,
        since,
        firing = 1 AND state IN ($states) AND (
            empty(told_of)
            OR arrayExists(
                each -> each.network = alert_state.network
                    AND if(each.id = '', lower(each.handle) = lower(account), each.id = account_id),
                told_of
            )
        ) AS is_on
    FROM alert_state
    WHERE alert IN ($alerts)
) AS states
LEFT JOIN
(
    SELECT
        network,
        account_id,
        alert,
        arrayStringConcat(groupArray(permalink), ' ') AS posts
    FROM
    (
        SELECT
            network,
            account_id,
            alert,
            arrayJoin(arraySlice(telling, 1, 3)) AS id
        FROM alert_state
        WHERE firing = 1 AND alert IN ($alerts)
    ) AS telling
    INNER JOIN
    (
        SELECT
            network,
            account_id,
            id,
            permalink
        FROM post_facts
        WHERE (network, account_id) IN (SELECT network, account_id FROM alert_state WHERE firing = 1 AND alert IN ($alerts))
    ) AS facts USING (network, account_id, id)
    GROUP BY
        network,
        account_id,
        alert
) AS told USING (network, account_id, alert)
ORDER BY
    network,
    account
