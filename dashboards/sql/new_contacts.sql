-- Who became a contact in the last seven days of the time range, beside the weekly goal.
SELECT
    account,
    other_handle AS name,
    tag,
    at AS time,
    other_followers AS followers,
    other_on_topic_share AS on_topic,
    concat(toString(count() OVER (PARTITION BY network, account_id)), ' of ', toString(weekly_goal)) AS goal,
    $address AS address,
    network,
    account_id
FROM new_contacts
WHERE at > $to - toIntervalDay(7) AND at <= $to AND $in(network, network) AND $in(account_id, account)
ORDER BY
    time DESC,
    name
LIMIT 20
