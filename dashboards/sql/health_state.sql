-- Is everything moving? One row a check, the worst of all parts, with the limit that it is held to.
SELECT
    check,
    if(is_count, toString(round(worst)), $span) AS shown,
    multiIf(
        limit = 0 AND worst > 0, 'look below',
        limit = 0, 'fine',
        worst > limit, 'stands still: see docs/operations.md; an archive that was read to its end may',
        'moving'
    ) AS state,
    told_at AS at
FROM
(
    SELECT
        multiIf(
            name = 'position_age_s', 'Last checkpoint',
            startsWith(name, 'watermark_age_s_'), concat('Everything of ', substring(name, 17), ' is known, but for the last'),
            name = 'lag_records', 'Records that wait in the log',
            name = 'dead_letters', 'Documents that were refused',
            name = 'standing_s', 'Longest without progress',
            'Longest that the store refuses'
        ) AS check,
        name IN ('lag_records', 'dead_letters') AS is_count,
        multiIf(startsWith(name, 'watermark_age_s_'), 900, name = 'position_age_s', $checkpoint_limit_s, name = 'standing_s', 300, 0) AS limit,
        max(value) AS worst,
        max(at) AS told_at,
        min(multiIf(name = 'position_age_s', 1, startsWith(name, 'watermark'), 2, name = 'lag_records', 3, 4)) AS place
    FROM pipeline_health
    WHERE name IN ('position_age_s', 'lag_records', 'dead_letters', 'standing_s', 'refused_s')
        OR startsWith(name, 'watermark_age_s_')
    GROUP BY name
)
ORDER BY
    place,
    check
