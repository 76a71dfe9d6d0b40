kind = 'position' AND match(body, ${brand})
