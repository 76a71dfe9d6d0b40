network = %(network)s
AND
(
    id IN ${accounts}
    OR match(bio, ${talk})
    OR match(bio, ${page})
    OR match(url, ${page})
)
