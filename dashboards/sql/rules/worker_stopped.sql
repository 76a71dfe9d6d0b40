-- Minutes since anything was saved, while a source was live. A source is live where, when it was saved last, its
-- clock was less than a quarter of an hour behind: an archive that was read to its end is silent by right. No
-- row at all, which alarms too: nothing was ever saved.
SELECT if(any_live, minutes, 0.) AS minutes_since_checkpoint
FROM
(
    SELECT
        count() AS rows,
        minIf(value, name = 'position_age_s') / 60 AS minutes,
        countIf(
            startsWith(name, 'watermark_age_s_')
            AND value - dateDiff('millisecond', at, now64(3)) / 1000 BETWEEN -60 AND 900
        ) > 0 AS any_live
    FROM pipeline_health
    WHERE part = 'worker' AND (name = 'position_age_s' OR startsWith(name, 'watermark_age_s_'))
)
WHERE rows > 0
