-- Figures per quarter of an hour, made of the journal alone (routing.decided, interaction.held, .resumed, .transferred,
-- directory.queue-put, .agent-put): may be deleted and rebuilt. `start` is UTC; team '' is none. Every figure is a count
-- or milliseconds; what each one means stands in server/reports/figures.ts and docs/reports.md.

CREATE TABLE report_queues (
  start                INTEGER NOT NULL,
  team                 TEXT    NOT NULL,
  queue                TEXT    NOT NULL,
  channel              TEXT    NOT NULL,
  offered              INTEGER NOT NULL DEFAULT 0,
  answered             INTEGER NOT NULL DEFAULT 0,
  answered_in_time     INTEGER NOT NULL DEFAULT 0,
  abandoned            INTEGER NOT NULL DEFAULT 0,
  abandoned_in_time    INTEGER NOT NULL DEFAULT 0,
  overflowed           INTEGER NOT NULL DEFAULT 0,
  empty                INTEGER NOT NULL DEFAULT 0,
  closed               INTEGER NOT NULL DEFAULT 0,
  "full"               INTEGER NOT NULL DEFAULT 0,
  removed              INTEGER NOT NULL DEFAULT 0,
  moved                INTEGER NOT NULL DEFAULT 0,
  to_flow              INTEGER NOT NULL DEFAULT 0,
  to_callback          INTEGER NOT NULL DEFAULT 0,
  failed               INTEGER NOT NULL DEFAULT 0,
  wait_ms              INTEGER NOT NULL DEFAULT 0,
  abandoned_wait_ms    INTEGER NOT NULL DEFAULT 0,
  offers               INTEGER NOT NULL DEFAULT 0,
  missed               INTEGER NOT NULL DEFAULT 0,
  declined             INTEGER NOT NULL DEFAULT 0,
  unreachable          INTEGER NOT NULL DEFAULT 0,
  handled              INTEGER NOT NULL DEFAULT 0,
  talk_ms              INTEGER NOT NULL DEFAULT 0,
  hold_ms              INTEGER NOT NULL DEFAULT 0,
  wrap_up_ms           INTEGER NOT NULL DEFAULT 0,
  transferred          INTEGER NOT NULL DEFAULT 0,
  dispositions_missing INTEGER NOT NULL DEFAULT 0,
  longest_wait_ms      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (start, queue, channel, team)
) STRICT, WITHOUT ROWID;

CREATE TABLE report_agents (
  start                INTEGER NOT NULL,
  team                 TEXT    NOT NULL,
  agent                TEXT    NOT NULL,
  offers               INTEGER NOT NULL DEFAULT 0,
  answered             INTEGER NOT NULL DEFAULT 0,
  missed               INTEGER NOT NULL DEFAULT 0,
  declined             INTEGER NOT NULL DEFAULT 0,
  unreachable          INTEGER NOT NULL DEFAULT 0,
  handled              INTEGER NOT NULL DEFAULT 0,
  transferred          INTEGER NOT NULL DEFAULT 0,
  dispositions_missing INTEGER NOT NULL DEFAULT 0,
  contact_talk_ms      INTEGER NOT NULL DEFAULT 0,
  contact_hold_ms      INTEGER NOT NULL DEFAULT 0,
  contact_wrap_up_ms   INTEGER NOT NULL DEFAULT 0,
  talk_ms              INTEGER NOT NULL DEFAULT 0,
  hold_ms              INTEGER NOT NULL DEFAULT 0,
  wrap_up_ms           INTEGER NOT NULL DEFAULT 0,
  ring_ms              INTEGER NOT NULL DEFAULT 0,
  own_ms               INTEGER NOT NULL DEFAULT 0,
  not_ready_ms         INTEGER NOT NULL DEFAULT 0,
  available_ms         INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (start, agent, team)
) STRICT, WITHOUT ROWID;

-- Of the time not ready, by reason.
CREATE TABLE report_reasons (
  start  INTEGER NOT NULL,
  team   TEXT    NOT NULL,
  agent  TEXT    NOT NULL,
  reason TEXT    NOT NULL,
  ms     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (start, agent, reason, team)
) STRICT, WITHOUT ROWID;

-- What is open: agents at work, contacts on their way, what queues count by.
CREATE TABLE report_state (
  name  TEXT PRIMARY KEY,               -- 'agent 1001', 'contact int_…', 'queue service'
  state TEXT NOT NULL                   -- JSON
) STRICT, WITHOUT ROWID;
