match(concat(place, '\n', reason, '\n', document), ${word})
OR hasAny(extractAll(concat(place, '\n', document), '[\\w:/@.-]*\\w'), ${thing_list})
