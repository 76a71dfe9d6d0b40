-- What the facts of some accounts add to their minutes: the beginning of minutes.sql and recounts.sql.
--
-- A fact says whether it was counted when it arrived, and all that was decided about it then. In a minute that was
-- recounted with the facts up to a place `upto`, late facts up to there count too, and what was withdrawn up to
-- there does not: no post repeats it any more, and a thread is what is left of it. With `recounting`, every minute is taken as if it were recounted now. `late_events` is left
-- out, since of late facts only the first telling is kept. The ages of late posts are those of the table `late_ages`,
-- which is sent along: what the facts up to the recount say, apart from the rows of `matured` that it gave. A measure that begins with ~ has the short prefix of
-- its family.
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
    recounted AS
    (
        SELECT
            recounts.account_id AS whose,
            toUnixTimestamp64Milli(recounts.minute) AS which,
            max(recounts.upto) AS known,
            min(toUnixTimestamp(recounts.facts_written_at)) AS oldest
        FROM
        (
            SELECT account_id, minute, ${place_upto} AS upto, facts_written_at, ${place} AS version
            FROM recounts FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        ) AS recounts
        INNER JOIN heads ON heads.account_id = recounts.account_id
        WHERE recounts.version <= heads.bound
        GROUP BY whose, which
    ),
    withdrawn AS
    (
        SELECT
            account_id AS whose,
            of IN ('like', 'follow') AS is_act,
            of = 'account' AS is_person,
            id AS what,
            min(${place}) AS gone
        FROM deletions FINAL
        WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s AND id != account_id
        GROUP BY whose, is_act, is_person, what
    ),
    standing AS
    (
        SELECT
            own.account_id AS whose,
            own.fingerprint AS words,
            own.root AS thread,
            own.near_duplicate AS repeats,
            posts_gone.gone AS gone,
            toInt64(row_number() OVER (PARTITION BY own.account_id ORDER BY own.version)) AS place,
            (own.version, toUnixTimestamp64Milli(own.occurred_at), gone, place) AS told,
            (own.kind IN ('original', 'quote'), own.has_link, own.promotional, own.has_mention) AS held
        FROM
        (
            SELECT
                account_id, id, kind, root, fingerprint, near_duplicate, ${place} AS version, occurred_at, has_link,
                promotional, has_mention
            FROM posts FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
                AND relation = 'own' AND kind != 'repost' AND counted
                AND account_id IN (SELECT whose FROM withdrawn WHERE NOT is_act AND NOT is_person)
        ) AS own
        LEFT JOIN (SELECT whose, what, gone FROM withdrawn WHERE NOT is_act AND NOT is_person) AS posts_gone
            ON posts_gone.whose = own.account_id AND posts_gone.what = own.id
    ),
    repeated AS
    (
        SELECT whose, words, groupArray(told) AS alike
        FROM standing
        WHERE words != 0
        GROUP BY whose, words
        HAVING max(repeats) AND max(gone) > 0
    ),
    torn AS
    (
        SELECT whose, thread, groupArray((told.1, told.2, told.3, held.1, held.2, held.3, held.4)) AS members
        FROM standing
        GROUP BY whose, thread
        HAVING count() > 1 AND max(gone) > 0
    ),
    some_posts AS
    (
        SELECT
            facts.network AS network, facts.account_id AS account_id, facts.id AS id,
            facts.occurred_at AS occurred_at, facts.relation AS relation, facts.kind AS kind,
            facts.reply_to_account AS reply_to_account, facts.asks AS asks, facts.cross_post AS cross_post,
            facts.relevance AS relevance, facts.on_topic AS on_topic,
            facts.late AS late, facts.counted AS counted, facts.watermark AS watermark,
            facts.version AS version, facts.written_at AS written_at,
            if(%(recounting)s, heads.bound, recounted.known) AS upto,
            posts_gone.gone BETWEEN 1 AND upto OR people_gone.gone BETWEEN 1 AND upto AS is_gone,
            if(version <= upto, NOT is_gone, counted) AS counts,
            toUnixTimestamp64Milli(facts.occurred_at) AS said_at,
            arrayFirst(told -> told.1 = facts.version, repeated.alike).4 AS place,
            facts.near_duplicate AND
            (
                empty(repeated.alike)
                OR arrayExists
                (
                    told -> told.1 < facts.version AND said_at - told.2 <= ${remembered_ms}
                        AND NOT (told.3 BETWEEN 1 AND upto)
                        AND (place = 0 OR place - told.4 <= ${remembered_posts}),
                    repeated.alike
                )
            ) AS near_duplicate,
            arrayFilter(member -> member.1 < facts.version, torn.members) AS before,
            arrayFilter(member -> NOT (member.3 BETWEEN 1 AND upto), before) AS stays,
            arrayFirst(member -> member.4, stays) AS top,
            facts.kind = 'thread' AND length(stays) < length(before) AS torn_before,
            top.4 AND said_at - top.2 <= ${remembered_ms} AS has_top,
            if
            (
                torn_before,
                has_top AND facts.has_link AND NOT arrayExists(member -> member.5, stays),
                facts.adds_link
            ) AS adds_link,
            if
            (
                torn_before,
                has_top AND facts.promotional AND NOT arrayExists(member -> member.6, stays),
                facts.adds_promotion
            ) AS adds_promotion,
            if(torn_before, adds_link AND NOT top.7, facts.adds_broadcast) AS adds_broadcast,
            facts.thread_place - if(torn_before, length(before) - length(stays), 0) AS thread_place
        FROM
        (
            SELECT
                network, account_id, id, occurred_at, author, relation, kind, reply_to_account, asks, cross_post,
                near_duplicate, fingerprint, relevance, on_topic, has_link, promotional, root, adds_link,
                adds_promotion, adds_broadcast, thread_place, watermark, late, counted, ${place} AS version, written_at,
                intDiv(toUnixTimestamp64Milli(occurred_at), 60000) * 60000 AS minute
            FROM posts FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        LEFT JOIN recounted ON recounted.whose = facts.account_id AND recounted.which = facts.minute
        LEFT JOIN (SELECT whose, what, gone FROM withdrawn WHERE NOT is_act AND NOT is_person) AS posts_gone
            ON posts_gone.whose = facts.account_id AND posts_gone.what = facts.id
        LEFT JOIN (SELECT whose, what, gone FROM withdrawn WHERE is_person) AS people_gone
            ON people_gone.whose = facts.account_id AND people_gone.what = facts.author
        LEFT JOIN repeated ON repeated.whose = facts.account_id AND repeated.words = facts.fingerprint
        LEFT JOIN torn ON torn.whose = facts.account_id AND torn.thread = facts.root
        WHERE facts.version <= heads.bound
    ),
    some_matured AS
    (
        SELECT
            facts.network AS network, facts.account_id AS account_id, facts.id AS id, facts.age AS age,
            facts.due_at AS due_at, facts.kind AS kind, facts.relevance AS relevance, facts.on_topic AS on_topic,
            facts.followers AS followers, facts.measured AS measured, facts.likes AS likes, facts.replies AS replies,
            facts.reposts AS reposts, facts.quotes AS quotes, facts.impressions AS impressions,
            facts.interactions AS interactions, facts.version AS version, facts.written_at AS written_at,
            if(%(recounting)s, heads.bound, recounted.known) AS upto,
            posts_gone.gone BETWEEN 1 AND upto AS is_gone,
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
                reposts, quotes, impressions, interactions, ${place} AS version, written_at,
                intDiv(toUnixTimestamp64Milli(due_at), 60000) * 60000 AS minute
            FROM matured FINAL
            WHERE NOT late AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
            UNION ALL
            SELECT
                %(network)s AS network, account_id, id, age, fromUnixTimestamp64Milli(due, 'UTC') AS due_at, kind,
                relevance, on_topic, followers, measured, likes, replies, reposts, quotes, impressions,
                interactions, version, fromUnixTimestamp(written) AS written_at, intDiv(due, 60000) * 60000 AS minute
            FROM late_ages
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        LEFT JOIN recounted ON recounted.whose = facts.account_id AND recounted.which = facts.minute
        LEFT JOIN (SELECT whose, what, gone FROM withdrawn WHERE NOT is_act AND NOT is_person) AS posts_gone
            ON posts_gone.whose = facts.account_id AND posts_gone.what = facts.id
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
        WHERE counts
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
            SELECT
                network, account_id, kind, id, actor, occurred_at, late, ${place} AS version, written_at,
                intDiv(toUnixTimestamp64Milli(occurred_at), 60000) * 60000 AS minute
            FROM interactions FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
                AND kind IN ('like', 'follow', 'unfollow') AND actor != account_id
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        LEFT JOIN recounted ON recounted.whose = facts.account_id AND recounted.which = facts.minute
        LEFT JOIN (SELECT whose, what, gone FROM withdrawn WHERE is_act) AS acts_gone
            ON acts_gone.whose = facts.account_id AND acts_gone.what = facts.id
        LEFT JOIN (SELECT whose, what, gone FROM withdrawn WHERE is_person) AS people_gone
            ON people_gone.whose = facts.account_id AND people_gone.what = facts.actor
        WHERE facts.version <= heads.bound
            AND if
            (
                facts.version <= if(%(recounting)s, heads.bound, recounted.known) AS upto,
                NOT (acts_gone.gone BETWEEN 1 AND upto OR people_gone.gone BETWEEN 1 AND upto),
                NOT facts.late
            )
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
            SELECT
                network, account_id, id, of, author, occurred_at, late, counted, ${place} AS version, written_at,
                intDiv(toUnixTimestamp64Milli(occurred_at), 60000) * 60000 AS minute
            FROM deletions FINAL
            WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        ) AS facts
        INNER JOIN heads ON heads.account_id = facts.account_id
        LEFT JOIN recounted ON recounted.whose = facts.account_id AND recounted.which = facts.minute
        LEFT JOIN
        (
            SELECT
                account_id AS whose,
                id AS what,
                version AS posted,
                late,
                watermark
            FROM some_posts
            WHERE relation = 'own' AND kind != 'repost'
        ) AS own ON own.whose = facts.account_id AND own.what = facts.id
        WHERE facts.version <= heads.bound
            AND if
            (
                facts.version <= if(%(recounting)s, heads.bound, recounted.known) AS upto,
                facts.of IN ('post', 'repost')
                    AND (facts.counted OR facts.author = facts.account_id OR own.posted BETWEEN 1 AND upto),
                NOT facts.late AND (facts.counted OR
                (
                    own.posted > facts.version AND NOT own.late
                    AND (own.watermark IS NULL OR facts.occurred_at >= own.watermark - toIntervalHour(1))
                ))
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
        WHERE NOT is_gone
    )
