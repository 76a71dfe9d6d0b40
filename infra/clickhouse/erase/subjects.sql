network = %(network)s AND account_id IN (SELECT value FROM erasing WHERE network = %(network)s AND what = 'account')
