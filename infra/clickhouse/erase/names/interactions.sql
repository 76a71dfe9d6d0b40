network = %(network)s AND (actor IN ${accounts} OR post IN ${things})
