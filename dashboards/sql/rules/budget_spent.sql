-- The share of its budget, of the day or of the month, that a source has spent where little is left, and 1 for a
-- source that runs on a budget and does not say what it spent; else 0. Where no source costs anything, that is said
-- by a row, so that no row is an alarm.
SELECT
    source AS read_by,
    multiIf(
        is_missing, 'does not say what it spent',
        share >= $limit, 'has spent most of its budget',
        ''
    ) AS problem,
    multiIf(is_missing, 1., share >= $limit, share, 0.) AS share_spent
FROM
(
    SELECT
        source,
        max(is_running) = 1 AND max(is_told) = 0 AS is_missing,
        max(spent) AS share
    FROM
    (
        SELECT
            source,
            0 AS is_running,
            1 AS is_told,
            greatest(
                if(day_budget_usd > 0, today_usd / day_budget_usd, 0.),
                if(month_budget_usd > 0, month_usd / month_budget_usd, 0.)
            ) AS spent
        FROM spending
        UNION ALL
        SELECT
            substring(part, length('ingest ') + 1) AS source,
            1 AS is_running,
            0 AS is_told,
            0. AS spent
        FROM pipeline_health
        WHERE part = 'ingest x-stream' AND at >= now64(3) - INTERVAL $too_old_s SECOND
        UNION ALL
        SELECT
            'all sources' AS source,
            0 AS is_running,
            1 AS is_told,
            0. AS spent
    )
    GROUP BY source
)
ORDER BY source
