-- Where SIP phones can be reached (RFC 3261 §10.3), so that a restarted server rings them at once. Times are UTC milliseconds.

CREATE TABLE bindings (
  user       TEXT    NOT NULL,
  uri        TEXT    NOT NULL,            -- the contact as registered
  next_hop   TEXT,                        -- where packets go where that differs (NAT)
  call_id    TEXT    NOT NULL,
  cseq       INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  user_agent TEXT    NOT NULL,
  PRIMARY KEY (user, uri)
) STRICT, WITHOUT ROWID;
