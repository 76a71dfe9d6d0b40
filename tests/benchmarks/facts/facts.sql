-- Invented facts of some accounts over 400 days: 10,000 each. Accounts of X are told by snapshots, those of Bluesky
-- by single acts. Account a is called concat('a', a), its posts concat('p', a, '_', i), the others concat('o', …).

INSERT INTO posts
(
    network, account_id, id, id_at, occurred_at, ingested_at, author, author_handle, text, language, reply_to_post,
    reply_to_account, quote_of, conversation, mentions, mention_handles, links, acts_told, kind, relation, asks, has_mention, has_link,
    relevance, topic, on_topic, root, counted, followers_at_post, watermark, version
)
SELECT
    if(a %% 2 = 0, 'x', 'bluesky') AS network,
    concat('a', toString(a)) AS account_id,
    concat('p', toString(a), '_', toString(i)) AS id,
    at AS id_at,
    at AS occurred_at,
    at AS ingested_at,
    account_id AS author,
    account_id AS author_handle,
    concat('an invented post about bread, number ', toString(i), ', for those who read it') AS text,
    'en' AS language,
    multiIf(kind = 'reply', concat('r', toString(a), '_', toString(i * 3)), kind = 'thread', concat('p', toString(a), '_', toString(i - 1)), NULL)
        AS reply_to_post,
    multiIf(kind = 'reply', concat('o', toString(cityHash64(a, i * 3) %% 400)), kind = 'thread', account_id, NULL) AS reply_to_account,
    if(kind = 'quote', concat('q', toString(i)), NULL) AS quote_of,
    multiIf(kind = 'reply', concat('r', toString(a), '_', toString(i * 3)), kind = 'thread', concat('p', toString(a), '_', toString(i - 1)), id)
        AS conversation,
    if(kind = 'reply', [assumeNotNull(reply_to_account)], []) AS mentions,
    mentions AS mention_handles,
    if(i %% 4 = 0, ['https://bread.example/a'], []) AS links,
    network = 'bluesky' AS acts_told,
    multiIf(i %% 10 IN (3, 6, 8), 'reply', i %% 10 = 9, 'thread', i %% 10 = 5, 'quote', 'original') AS kind,
    'own' AS relation,
    i %% 7 = 0 AS asks,
    kind = 'reply' AS has_mention,
    i %% 4 = 0 AS has_link,
    (cityHash64(i, a) %% 1000) / 1000 AS relevance,
    'bread' AS topic,
    relevance >= 0.5 AS on_topic,
    cityHash64(id) AS root,
    true AS counted,
    1000 + i AS followers_at_post,
    at AS watermark,
    number + 1 AS version
FROM
(
    SELECT
        number,
        intDiv(number, 1000) AS a,
        number %% 1000 AS i,
        toDateTime64(1700000000 + i * 34560, 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 1000)
);

INSERT INTO posts
(
    network, account_id, id, id_at, occurred_at, ingested_at, author, author_handle, text, language, reply_to_post,
    reply_to_account, quote_of, quote_of_account, repost_of, repost_of_account, conversation, mentions, mention_handles, kind, relation,
    asks, relevance, on_topic, counted, followers_at_post, watermark, version
)
SELECT
    if(a %% 2 = 0, 'x', 'bluesky') AS network,
    concat('a', toString(a)) AS account_id,
    concat('r', toString(a), '_', toString(i)) AS id,
    at AS id_at,
    at AS occurred_at,
    at AS ingested_at,
    concat('o', toString(cityHash64(a, i) %% 400)) AS author,
    author AS author_handle,
    concat('somebody says something to the account, number ', toString(i)) AS text,
    'en' AS language,
    if(relation = 'reply', target, NULL) AS reply_to_post,
    if(relation = 'reply', account_id, NULL) AS reply_to_account,
    if(relation = 'quote', target, NULL) AS quote_of,
    if(relation = 'quote', account_id, NULL) AS quote_of_account,
    if(relation = 'repost', target, NULL) AS repost_of,
    if(relation = 'repost', account_id, NULL) AS repost_of_account,
    if(relation = 'reply', target, id) AS conversation,
    if(relation = 'repost', [], [account_id]) AS mentions,
    mentions AS mention_handles,
    multiIf(relation = 'mention', 'original', relation) AS kind,
    multiIf(i %% 6 < 3, 'reply', i %% 6 = 3, 'mention', i %% 12 = 4, 'quote', 'repost') AS relation,
    i %% 5 = 0 AS asks,
    0.4 AS relevance,
    false AS on_topic,
    true AS counted,
    500 AS followers_at_post,
    at AS watermark,
    number + 1 AS version
FROM
(
    SELECT
        number,
        intDiv(number, 3000) AS a,
        number %% 3000 AS i,
        concat('p', toString(a), '_', toString(intDiv(i, 3))) AS target,
        toDateTime64(1700000000 + intDiv(i, 3) * 34560 + cityHash64(number) %% 30000, 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 3000)
);

INSERT INTO interactions (network, account_id, kind, id, occurred_at, ingested_at, actor, post, watermark, version)
SELECT
    'bluesky',
    concat('a', toString(a)),
    'like',
    concat('l', toString(i)),
    at,
    at,
    concat('o', toString(cityHash64(number) %% 400)),
    concat('p', toString(a), '_', toString(i %% 1000)),
    at,
    number + 1
FROM
(
    SELECT
        number,
        intDiv(number, 5600) * 2 + 1 AS a,
        number %% 5600 AS i,
        toDateTime64(1700000000 + (i %% 1000) * 34560 + toUInt32(exp(cityHash64(number, 1) %% 11000 / 1000)), 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 2800)
);

INSERT INTO post_stats
(
    network, account_id, id, id_at, occurred_at, final, ingested_at, likes, replies, reposts, quotes, impressions,
    watermark, version
)
SELECT
    'x',
    concat('a', toString(a)),
    concat('p', toString(a), '_', toString(post)),
    at,
    at + toIntervalMinute(30 + 300 * look),
    false,
    at,
    toInt64(look * (cityHash64(a, post) %% 5)),
    toInt64(look %% 3),
    toInt64(intDiv(look, 2)),
    0,
    NULL,
    at,
    number + 1
FROM
(
    SELECT
        number,
        intDiv(number, 5600) * 2 AS a,
        intDiv(number %% 5600, 6) AS post,
        number %% 5600 %% 6 AS look,
        toDateTime64(1700000000 + post * 34560, 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 2800)
);

INSERT INTO profiles
(network, account_id, id, occurred_at, ingested_at, handle, name, followers, following, posts, watermark, version)
SELECT
    if(a %% 2 = 0, 'x', 'bluesky'),
    concat('a', toString(a)),
    concat('a', toString(a)),
    at,
    at,
    concat('a', toString(a)),
    'An invented account',
    toInt64(1000 + i * 3 - cityHash64(number) %% 5),
    300,
    toInt64(i),
    at,
    number + 1
FROM
(
    SELECT
        number,
        intDiv(number, 400) AS a,
        number %% 400 AS i,
        toDateTime64(1700000000 + i * 86400, 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 400)
);

INSERT INTO deletions (network, account_id, id, occurred_at, ingested_at, `of`, author, counted, version)
SELECT
    if(number %% 2 = 0, 'x', 'bluesky'),
    concat('a', toString(number)),
    concat('p', toString(number), '_17'),
    toDateTime64(1710000000, 3, 'UTC'),
    toDateTime64(1710000000, 3, 'UTC'),
    'post',
    concat('a', toString(number)),
    true,
    number + 1
FROM numbers(%(accounts)s);

INSERT INTO matured
(
    network, account_id, id, age, due_at, occurred_at, kind, relevance, on_topic, followers, measured, likes, replies,
    reposts, quotes, interactions, version
)
SELECT
    network,
    account_id,
    id,
    age,
    occurred_at + if(age = '1h', toIntervalHour(1), toIntervalHour(24)),
    occurred_at,
    kind,
    relevance,
    on_topic,
    followers_at_post,
    true,
    toInt64(cityHash64(id, age) %% 9) AS told_likes,
    toInt64(1) AS told_replies,
    toInt64(2) AS told_reposts,
    toInt64(0) AS told_quotes,
    told_likes + told_replies + told_reposts + told_quotes,
    version
FROM posts
ARRAY JOIN ['1h', '24h'] AS age
WHERE relation = 'own' AND kind != 'thread';

INSERT INTO checkpoints
(
    partition, network, account_id, kind, at, id, known_since, last_at, knows_promotion, knows_topics, body, version,
    posts, posts_sq, headline_posts, originals, posts_addressed, link_posts, scored_posts, on_topic_posts
)
SELECT
    0, network, account_id, 'minute', toStartOfMinute(occurred_at), '', occurred_at, occurred_at, true, true, '',
    version, 1, 1, kind IN ('original', 'quote'), kind = 'original', kind IN ('original', 'quote'),
    has_link AND kind = 'original', 1, on_topic
FROM posts
WHERE relation = 'own';

INSERT INTO checkpoints
(
    partition, network, account_id, kind, at, id, known_since, last_at, knows_promotion, knows_topics, body, version,
    replies_received, direct_mentions_received
)
SELECT
    0, network, account_id, 'minute', toStartOfMinute(occurred_at), '', occurred_at, occurred_at, true, true, '',
    version, relation = 'reply', relation = 'mention'
FROM posts
WHERE relation IN ('reply', 'mention');

INSERT INTO checkpoints
(
    partition, network, account_id, kind, at, id, known_since, last_at, knows_promotion, knows_topics, body, version
)
SELECT
    0,
    if(number %% 2 = 0, 'x', 'bluesky'),
    concat('a', toString(number)),
    'header',
    toDateTime64(0, 3, 'UTC'),
    '',
    toDateTime64(1700000000, 3, 'UTC'),
    toDateTime64(1734560000, 3, 'UTC'),
    true,
    true,
    '',
    1
FROM numbers(%(accounts)s);

INSERT INTO checkpoints (partition, network, account_id, kind, at, id, known_since, last_at, body, version)
SELECT
    0,
    '',
    '0',
    'position',
    toDateTime64(0, 3, 'UTC'),
    '',
    toDateTime64(0, 3, 'UTC'),
    toDateTime64(0, 3, 'UTC'),
    '{"offset":1,"watermarks":{"x":1734650000000,"bluesky":1734650000000},"brand_hash":"","brand":""}',
    1;

INSERT INTO account_windows
(
    network, account_id, window, at, known_since, last_at, knows_promotion, knows_topics, version, posts, posts_sq,
    headline_posts, replies_made, posts_addressed, replies_to_others, matured_posts, matured_interactions,
    matured_interactions_sq
)
SELECT
    if(a %% 2 = 0, 'x', 'bluesky'),
    concat('a', toString(a)),
    ['1h', '24h', '7d', '28d'][1 + i %% 4],
    toStartOfMinute(at),
    toDateTime64(1700000000, 3, 'UTC'),
    at,
    true,
    true,
    number + 1,
    20,
    24,
    14,
    6,
    20,
    6,
    14,
    60,
    400
FROM
(
    SELECT
        number,
        intDiv(number, 2000) AS a,
        number %% 2000 AS i,
        toDateTime64(1700000000 + i * 17280, 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 2000)
);

INSERT INTO account_windows_latest
(
    network, account_id, window, at, known_since, last_at, knows_promotion, knows_topics, version, posts, posts_sq,
    headline_posts, posts_addressed, matured_posts, matured_interactions, matured_interactions_sq
)
SELECT
    if(number %% 2 = 0, 'x', 'bluesky'),
    concat('a', toString(number)),
    window,
    toDateTime64(1734566400, 3, 'UTC'),
    toDateTime64(1700000000, 3, 'UTC'),
    toDateTime64(1734566400, 3, 'UTC'),
    true,
    true,
    1,
    20,
    24,
    14,
    20,
    14,
    60,
    400
FROM numbers(%(accounts)s)
ARRAY JOIN ['1h', '24h', '7d', '28d'] AS window;
