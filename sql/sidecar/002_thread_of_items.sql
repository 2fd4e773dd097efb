-- Of which thread an item is: those of somebody who writes too fast for the server wait, and others go on.
ALTER TABLE items ADD COLUMN thread TEXT;   -- NULL: of none, or from before
