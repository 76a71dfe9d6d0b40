-- How many others interacted with an account in 90 days, by name: replies, mentions, quotes, reposts, likes. Others
-- whom no source told are estimated from those seen once and twice (Chao, Scandinavian Journal of Statistics 11,
-- 1984, bias-corrected). A share of the followers is told only where at least 80% of them are known by name.
CREATE OR REPLACE VIEW engagers
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the 90 days',
    at DateTime64(3, 'UTC') COMMENT 'their end: the watermark',
    interactions UInt64 COMMENT 'acts of others in them',
    engagers UInt64 COMMENT 'distinct others behind these',
    engaged_once UInt64 COMMENT 'others with a single act',
    engaged_twice UInt64 COMMENT 'others with two',
    engagers_estimated Float64 COMMENT 'Chao1: others who would interact if one looked on, a lower bound',
    followers Nullable(Int64) COMMENT 'followers, last known; NULL: not known',
    known_followers UInt64 COMMENT 'followers known by name',
    engaged_followers UInt64 COMMENT 'those of them among the engagers',
    ever_engaged_share Nullable(Float64) COMMENT 'engaged_followers / known_followers, 0 to 1; NULL: see status',
    low Nullable(Float64) COMMENT 'lower end of its 95% interval (Wilson), 0 to 1',
    high Nullable(Float64) COMMENT 'upper end of its 95% interval (Wilson), 0 to 1',
    status LowCardinality(String) COMMENT 'ok, or unknown_input: fewer than 80% of the followers are known by name',
    engagers_per_1000_followers Nullable(Float64) COMMENT 'engagers, followers or not, per 1,000 followers; NULL: followers not known'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    now_at - toIntervalDay(90) AS from_at,
    now_at AS at,
    interactions,
    engagers,
    engaged_once,
    engaged_twice,
    engagers + engaged_once * (toFloat64(engaged_once) - 1) / (2 * (engaged_twice + 1)) AS engagers_estimated,
    if(followers_at_ms = 0, NULL, told_followers) AS followers,
    known_followers,
    engaged_followers,
    if(is_known, share.1, NULL) AS ever_engaged_share,
    if(is_known, share.2, NULL) AS low,
    if(is_known, share.3, NULL) AS high,
    if(is_known, 'ok', 'unknown_input') AS status,
    if(ifNull(followers, 0) = 0, NULL, 1000 * engagers / followers) AS engagers_per_1000_followers
FROM
(
    SELECT
        network,
        account_id,
        now_at,
        interactions,
        engagers,
        engaged_once,
        engaged_twice,
        known_followers,
        engaged_followers,
        told.followers AS told_followers,
        told.at_ms AS followers_at_ms,
        ${engaged_share} AS share,
        known_followers > 0 AND ifNull(told_followers, 0) > 0 AND known_followers >= 0.8 * told_followers AS is_known
    FROM
    (
        SELECT
            network,
            account_id,
            any(now_at) AS now_at,
            sum(others.acts) AS interactions,
            countIf(others.acts > 0) AS engagers,
            countIf(others.acts = 1) AS engaged_once,
            countIf(others.acts = 2) AS engaged_twice,
            countIf(others.follows) AS known_followers,
            countIf(others.follows AND others.acts > 0) AS engaged_followers
        FROM
        (
            SELECT
                told_acts.network AS network,
                told_acts.account_id AS account_id,
                told_acts.other AS other,
                greatest(any(clocks.watermark), any(clocks.last_at)) AS now_at,
                countIf(told_acts.is_act AND told_acts.at >= greatest(clocks.watermark, clocks.last_at) - toIntervalDay(90)) AS acts,
                argMaxIf(told_acts.follows, (told_acts.at, NOT told_acts.follows), NOT told_acts.is_act) AS follows
            FROM
            (
                SELECT
                    network,
                    account_id,
                    other,
                    at,
                    true AS is_act,
                    false AS follows
                FROM exchanges
                WHERE NOT outgoing
                UNION ALL
                SELECT
                    acts.network,
                    acts.account_id,
                    acts.actor,
                    acts.occurred_at,
                    false,
                    acts.kind = 'follow' AND withdrawn.is_deleted = 0
                FROM
                (
                    SELECT
                        network,
                        account_id,
                        id,
                        actor,
                        kind,
                        occurred_at
                    FROM interactions FINAL
                    WHERE kind IN ('follow', 'unfollow') AND actor NOT IN ('', account_id)
                ) AS acts
                LEFT JOIN
                (
                    SELECT
                        network,
                        account_id,
                        id,
                        1 AS is_deleted
                    FROM deletions FINAL
                    WHERE of = 'follow'
                ) AS withdrawn USING (network, account_id, id)
            ) AS told_acts
            INNER JOIN account_clocks AS clocks
                ON clocks.network = told_acts.network AND clocks.account_id = told_acts.account_id
            GROUP BY
                network,
                account_id,
                other
        ) AS others
        GROUP BY
            network,
            account_id
    ) AS counted
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            tupleElement(max((counts.at, counts.followers)), 2) AS followers,
            toUnixTimestamp64Milli(max(counts.at)) AS at_ms
        FROM
        (
            SELECT
                network,
                account_id,
                occurred_at AS at,
                followers
            FROM profiles FINAL
            WHERE id = account_id AND followers IS NOT NULL
            UNION ALL
            SELECT
                network,
                account_id,
                occurred_at,
                followers_at_post
            FROM posts FINAL
            WHERE relation = 'own' AND followers_at_post IS NOT NULL
        ) AS counts
        GROUP BY
            network,
            account_id
    ) AS told USING (network, account_id)
) AS numbers
LEFT JOIN accounts USING (network, account_id)
COMMENT 'how many others interact, and what share of the followers that is';
