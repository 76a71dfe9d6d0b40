-- What the boards show beside facts, for the same accounts: 50 changes of state an account, a month of figures of
-- the pipeline, refused documents, gaps, a brand, and heartbeats.

INSERT INTO alerts
(
    network, account_id, alert, state, since, at, measure, expected, observed, ratio, low, high, p_value, posts,
    telling, needed, reason, version
)
SELECT
    if(a %% 2 = 0, 'x', 'bluesky'),
    concat('a', toString(a)),
    if(i %% 2 = 0, 'engagement', 'activity') AS alert,
    if(i %% 4 < 2, 'ok', if(alert = 'engagement', 'drop', 'inactive_7d')),
    at,
    at,
    '24h',
    4.0,
    2.0,
    0.5,
    0.4,
    0.7,
    0.001,
    20,
    [concat('p', toString(a), '_', toString(i * 19))],
    NULL,
    'people reacted half as much as usual',
    number + 1
FROM
(
    SELECT
        number,
        intDiv(number, 50) AS a,
        number %% 50 AS i,
        toDateTime64(1700000000 + i * 691200, 3, 'UTC') AS at
    FROM numbers(%(accounts)s * 50)
);

INSERT INTO pipeline_stats (at, part, partition, name, value)
SELECT
    toDateTime64(1734650000 - intDiv(number, 8) * 60, 3, 'UTC'),
    'worker',
    number %% 2,
    ['documents', 'lag_records', 'checkpoint_age_s', 'watermark_age_s_x'][1 + intDiv(number, 2) %% 4] AS name,
    if(name = 'documents', 1e9 - intDiv(number, 8) * 1000, number %% 60)
FROM numbers(28 * 1440 * 8);

INSERT INTO dead_letters (epoch, partition, offset, `index`, source, place, reason, document, at)
SELECT
    1,
    0,
    number,
    0,
    'worker',
    concat('events 0 ', toString(number)),
    concat('reason ', toString(number %% 20)),
    'x',
    toDateTime64(1734650000 - number * 30, 3, 'UTC')
FROM numbers(100000);

INSERT INTO ingest_gaps (network, source, id, from_at, until_at, reason)
SELECT
    if(number %% 2 = 0, 'x', 'bluesky'),
    'source',
    toString(number),
    toDateTime64(1734650000 - number * 3600, 3, 'UTC'),
    toDateTime64(1734650000 - number * 3600 + 60, 3, 'UTC'),
    'connection lost'
FROM numbers(5000);

INSERT INTO brands (hash, content, occurred_at, partition, version)
SELECT 'b', '{"time_zone":"Europe/Berlin","goals":{"new_contacts_per_week":3}}', toDateTime64(1700000000, 3, 'UTC'), 0, 1;

INSERT INTO heartbeats (part, name, network, at, every_s, watermark)
SELECT part, '0', network, now64(3), 60, now64(3)
FROM (SELECT arrayJoin(['ingest', 'worker']) AS part, arrayJoin(['x', 'bluesky']) AS network);
