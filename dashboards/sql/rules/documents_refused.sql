-- Documents refused in the last quarter of an hour make the count of all that were refused; else 0. Where none ever
-- was, that is said by a row, so that no row is an alarm.
SELECT
    part AS refused_by,
    if(at >= now64(3) - INTERVAL 15 MINUTE, value, 0.) AS documents
FROM pipeline_health
WHERE name = 'dead_letters'
UNION ALL
SELECT
    'nobody' AS refused_by,
    0. AS documents
FROM
(
    SELECT countIf(name = 'dead_letters') AS known
    FROM pipeline_health
)
WHERE known = 0
