-- The spans unheard that began last before the account's part of the window, and before its end.
ASOF LEFT JOIN
(
    SELECT
        network AS first_network,
        from_at AS first_from_at,
        length_ms AS first_length_ms,
        before_ms AS before_first_ms
    FROM unheard
) AS first_span ON first_network = sums.network AND first_from_at <= sums.known_from
ASOF LEFT JOIN
(
    SELECT
        network AS last_network,
        from_at AS last_from_at,
        length_ms AS last_length_ms,
        before_ms AS before_last_ms
    FROM unheard
) AS last_span ON last_network = sums.network AND last_from_at <= sums.window_end
