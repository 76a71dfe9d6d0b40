SELECT DISTINCT network FROM accounts ORDER BY network
