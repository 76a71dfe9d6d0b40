SELECT DISTINCT network FROM account_clocks ORDER BY network
