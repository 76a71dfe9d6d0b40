-- What reading has cost today and this month, against the budget.
SELECT
    source,
    concat('$', toDecimalString(today_usd, 2)) AS today,
    concat('$', toDecimalString(left_today_usd, 2)) AS left_today,
    concat('$', toDecimalString(month_usd, 2), ' of $', toDecimalString(month_budget_usd, 2)) AS month,
    if(isNull(day_at_this_rate_usd), 'not known yet', concat('$', toDecimalString(assumeNotNull(day_at_this_rate_usd), 2))) AS rate,
    multiIf(
        left_today_usd <= 0, 'stopped: the budget is used up',
        left_today_usd < 0.2 * day_budget_usd OR month_usd >= 0.8 * month_budget_usd, 'narrowed: 80% is used',
        'reading'
    ) AS state
FROM spending
ORDER BY source
