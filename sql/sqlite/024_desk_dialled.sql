-- What agents dialled last, for redialling. The numbers stand in the interactions alone; some dozens are kept per agent.
CREATE TABLE desk_dialled (
  agent       TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  interaction TEXT    NOT NULL,
  PRIMARY KEY (agent, at, interaction)
) STRICT, WITHOUT ROWID;
