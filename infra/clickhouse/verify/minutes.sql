-- Minutes of some accounts that are not what their facts add up to, measure by measure.
--
--   facts ── what each adds ──▶ +    ┐
--                                    ├─ by account, minute and measure: equal, or listed
--   checkpoints ── minutes ──▶  −    ┘
--
-- A fact says whether it was counted, and all that was decided about it; `late_events` is left out, since of
-- late facts only the first telling is kept. A measure that begins with ~ has the short prefix of its family.
WITH
    heads AS
    (
        SELECT
            network,
            account_id,
            transform(partition, CAST(%(partitions)s, 'Array(UInt32)'), CAST(%(bounds)s, 'Array(UInt64)'), toUInt64(0))
                AS bound
        FROM checkpoints FINAL
        WHERE kind = 'header'
            AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    ),
    some_posts AS
    (
        SELECT facts.*
        FROM
        (
            SELECT
                network, account_id, id, occurred_at, relation, kind, reply_to_account, asks, cross_post,
                near_duplicate, relevance, on_topic, adds_link, adds_promotion, adds_broadcast, thread_place, late,
                counted,                version, written_at
            FROM posts FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        WHERE facts.version <= heads.bound
    ),
    some_matured AS
    (
        SELECT
            facts.*,
            kind = 'reply' AS of_reply,
            age = '1h' AS fast,
            concat(if(fast, 'fast_', 'matured_'), if(of_reply, 'reply_', '')) AS prefix,
            if(fast OR of_reply, prefix, '') AS short,
            toInt128(ifNull(interactions, 0)) AS y,
            toInt128(ifNull(followers, 0)) AS f,
            toInt128(ifNull(impressions, 0)) AS i,
            if(on_topic, 'on_topic', 'off_topic') AS side
        FROM
        (
            SELECT
                network, account_id, id, age, due_at, kind, relevance, on_topic, followers, measured, likes, replies,
                reposts, quotes, impressions, interactions, version, written_at
            FROM matured FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        WHERE facts.version <= heads.bound
    ),
    added AS
    (
        SELECT
            network,
            account_id,
            occurred_at AS at,
            relation = 'own' AS own,
            own AND kind != 'repost' AS said,
            said AND kind IN ('original', 'quote') AS headline,
            said AND kind = 'reply' AND reply_to_account IS NOT NULL AS addressed,
            [
                ('posts', said),
                ('posts_sq', if(said, 1 + 2 * thread_place, 0)),
                ('headline_posts', headline),
                ('originals', said AND kind = 'original'),
                ('quotes_made', said AND kind = 'quote'),
                ('replies_made', said AND kind = 'reply'),
                ('thread_posts', said AND kind = 'thread'),
                ('reposts_made', own AND kind = 'repost'),
                ('replies_to_others', addressed AND NOT near_duplicate),
                ('posts_addressed', headline OR addressed),
                ('question_posts', headline AND asks),
                ('cross_posts', headline AND cross_post),
                ('link_posts', said AND adds_link),
                ('promotional_posts', said AND adds_promotion),
                ('broadcast_posts', said AND adds_broadcast),
                ('duplicate_posts', said AND near_duplicate),
                ('scored_posts', said AND relevance IS NOT NULL),
                ('on_topic_posts', said AND on_topic),
                ('replies_received', relation = 'reply'),
                ('quotes_received', relation = 'quote'),
                ('reposts_received', relation = 'repost'),
                ('direct_mentions_received', relation = 'mention'),
                ('questions_received', asks AND relation IN ('reply', 'mention'))
            ] AS flags,
            arrayMap(flag -> (flag.1, toInt128(flag.2)), flags) AS pairs,
            written_at
        FROM some_posts
        WHERE counted
        UNION ALL
        SELECT
            facts.network,
            facts.account_id,
            facts.occurred_at AS at,
            0, 0, 0, 0, [],
            [(concat(facts.kind, 's_received'), toInt128(1))] AS pairs,
            facts.written_at
        FROM
        (
            SELECT network, account_id, kind, occurred_at, version, written_at
            FROM interactions FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
                AND kind IN ('like', 'follow', 'unfollow') AND NOT late
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        WHERE facts.version <= heads.bound
        UNION ALL
        SELECT
            facts.network,
            facts.account_id,
            facts.occurred_at AS at,
            0, 0, 0, 0, [],
            [('deleted_posts', toInt128(1))] AS pairs,
            facts.written_at
        FROM
        (
            SELECT network, account_id, id, occurred_at, counted, version, written_at
            FROM deletions FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s AND NOT late
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        WHERE facts.version <= heads.bound
            AND
            (
                facts.counted
                OR (facts.account_id, facts.id) IN
                (
                    SELECT account_id, id
                    FROM some_posts
                    WHERE relation = 'own' AND kind != 'repost' AND NOT late AND NOT counted
                )
            )
        UNION ALL
        SELECT
            network,
            account_id,
            due_at AS at,
            0, 0, 0, 0, [],
            arrayMap
            (
                pair -> (if(startsWith(pair.1, '~'), concat(short, substring(pair.1, 2)), concat(prefix, pair.1)), pair.2),
                if(measured, [
                    ('posts', toInt128(1)),
                    ('likes', toInt128(ifNull(likes, 0))),
                    ('likes_sq', toInt128(ifNull(likes, 0)) * ifNull(likes, 0)),
                    ('replies', toInt128(ifNull(replies, 0))),
                    ('replies_sq', toInt128(ifNull(replies, 0)) * ifNull(replies, 0)),
                    ('reposts', toInt128(ifNull(reposts, 0))),
                    ('reposts_sq', toInt128(ifNull(reposts, 0)) * ifNull(reposts, 0)),
                    ('quotes', toInt128(ifNull(quotes, 0))),
                    ('quotes_sq', toInt128(ifNull(quotes, 0)) * ifNull(quotes, 0)),
                    ('posts_with_replies', toInt128(replies IS NOT NULL)),
                    ('posts_with_quotes', toInt128(quotes IS NOT NULL)),
                    ('interactions', y),
                    ('interactions_sq', y * y),
                    ('~zero_interaction_posts', toInt128(y = 0)),
                    ('posts_with_followers', toInt128(followers IS NOT NULL)),
                    ('followers', f),
                    ('followers_sq', f * f),
                    ('interactions_with_followers', if(followers IS NULL, toInt128(0), y)),
                    ('interactions_with_followers_sq', if(followers IS NULL, toInt128(0), y * y)),
                    ('interactions_by_followers', y * f),
                    ('posts_with_impressions', toInt128(impressions IS NOT NULL)),
                    ('impressions', i),
                    ('impressions_sq', i * i),
                    ('interactions_with_impressions', if(impressions IS NULL, toInt128(0), y)),
                    ('interactions_with_impressions_sq', if(impressions IS NULL, toInt128(0), y * y)),
                    ('interactions_by_impressions', y * i),
                    (concat(side, '_posts'), toInt128(relevance IS NOT NULL)),
                    (concat(side, '_interactions'), if(relevance IS NULL, toInt128(0), y)),
                    (concat(side, '_interactions_sq'), if(relevance IS NULL, toInt128(0), y * y))
                ], [('~unmeasured_posts', toInt128(1))])
            ) AS pairs,
            written_at
        FROM some_matured
    )
SELECT
    account_id,
    minute,
    measure,
    sum(from_facts) AS expected,
    sum(stored) AS found
FROM
(
    SELECT
        account_id,
        intDiv(toUnixTimestamp64Milli(at), 60000) * 60000 AS minute,
        pair.1 AS measure,
        pair.2 AS from_facts,
        toInt128(0) AS stored,
        toUnixTimestamp(written_at) AS written
    FROM added
    ARRAY JOIN arrayFilter(pair -> pair.2 != 0 AND has(${measure_names}, pair.1), pairs) AS pair
    UNION ALL
    SELECT
        account_id,
        toUnixTimestamp64Milli(at) AS minute,
        pair.1 AS measure,
        toInt128(0) AS from_facts,
        pair.2 AS stored,
        toUnixTimestamp(written_at) AS written
    FROM
    (
        SELECT account_id, at, written_at, arrayFilter(pair -> pair.2 != 0, ${measure_pairs}) AS pairs
        FROM checkpoints FINAL
        WHERE kind = 'minute' AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    )
    ARRAY JOIN pairs AS pair
    WHERE measure != 'late_events'
)
WHERE minute >= %(since)s
GROUP BY account_id, minute, measure
HAVING expected != found AND min(written) >= %(whole_from)s
ORDER BY account_id, minute, measure
