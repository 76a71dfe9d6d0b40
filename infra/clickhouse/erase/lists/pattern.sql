(SELECT any(stub) FROM erasing FINAL WHERE network = %(network)s AND what = '${what}')
