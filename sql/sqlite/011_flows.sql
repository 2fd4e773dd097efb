-- Every version of a flow that was ever in use, whoever wrote its file: to compare with, and to go back to.
CREATE TABLE flow_versions (
  flow    TEXT    NOT NULL,
  version TEXT    NOT NULL,             -- SHA-256 of the text, hex
  at      INTEGER NOT NULL,             -- when it was first in use
  by      TEXT,                         -- who saved it; NULL where the file was changed by other means
  text    TEXT    NOT NULL,
  PRIMARY KEY (flow, version)
) STRICT;

-- How many calls went from one node to another, per hour. Made with the events flow.passed.
CREATE TABLE flow_traffic (
  flow      TEXT    NOT NULL,
  start     INTEGER NOT NULL,           -- of the hour, UTC
  from_node TEXT    NOT NULL,           -- '' where the flow begins
  to_node   TEXT    NOT NULL,
  calls     INTEGER NOT NULL,
  PRIMARY KEY (flow, start, from_node, to_node)
) STRICT, WITHOUT ROWID;
