-- Calls that are up on a SIP server that cannot list them (a drachtio-server): the next server ends them.

CREATE TABLE sip_dialogs (
  id TEXT PRIMARY KEY                     -- Call-ID;from-tag=…
) STRICT, WITHOUT ROWID;
