(SELECT groupArray(${column}) FROM (SELECT ${column} FROM erasing FINAL WHERE network = %(network)s AND what = '${what}' ORDER BY value))
