-- A minute's measures stand in one text too: what makes an account again reads that column, not a hundred.

ALTER TABLE checkpoints
    COMMENT COLUMN body 'header, post, position: the state as JSON; minute: its measures, packed';
