network = %(network)s AND actor IN ${accounts}
