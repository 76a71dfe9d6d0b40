network = %(network)s AND (author IN ${accounts} OR id IN ${accounts} OR id IN ${things})
