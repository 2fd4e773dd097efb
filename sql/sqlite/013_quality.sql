-- Evaluations of agents' contacts. `data` is the whole record as JSON; the other columns are what is searched by.

CREATE TABLE evaluation_forms (
  id      TEXT    NOT NULL,
  version INTEGER NOT NULL,               -- evaluations keep the one that they were made by
  data    TEXT    NOT NULL,
  PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE evaluations (
  id          TEXT    PRIMARY KEY,
  site        TEXT    NOT NULL,
  team        TEXT,
  form        TEXT    NOT NULL,
  interaction TEXT    NOT NULL,
  agent       TEXT    NOT NULL,
  evaluator   TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  state       TEXT    NOT NULL,           -- 'draft', 'submitted', 'answered'
  calibration TEXT,
  score       REAL    NOT NULL,           -- 0 to 100
  data        TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX evaluations_by_agent ON evaluations (agent, at);
CREATE INDEX evaluations_by_time ON evaluations (at);
CREATE INDEX evaluations_by_interaction ON evaluations (interaction);
CREATE INDEX evaluations_by_calibration ON evaluations (calibration) WHERE calibration IS NOT NULL;

CREATE TABLE calibrations (
  id   TEXT    PRIMARY KEY,
  site TEXT    NOT NULL,
  team TEXT,
  at   INTEGER NOT NULL,
  data TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
