-- Documents refused in the last quarter of an hour make the count of all that were refused; else 0.
SELECT
    part AS refused_by,
    if(at >= now64(3) - INTERVAL 15 MINUTE, value, 0.) AS documents
FROM pipeline_health
WHERE name = 'dead_letters'
ORDER BY refused_by
