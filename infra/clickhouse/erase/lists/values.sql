(SELECT value FROM erasing WHERE network = %(network)s AND what = '${what}')
