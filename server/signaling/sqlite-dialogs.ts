// Ids of the calls that are up, on SQLite, where the SIP server cannot say what it has. Two small writes a call.
import type { Database } from 'better-sqlite3';
import type { DialogMemory } from './sip/index.ts';

export function sqliteDialogs(database: Database): DialogMemory {
  const all = database.prepare<[], { id: string }>('SELECT id FROM sip_dialogs');
  const add = database.prepare<[string]>('INSERT OR IGNORE INTO sip_dialogs (id) VALUES (?)');
  const remove = database.prepare<[string]>('DELETE FROM sip_dialogs WHERE id = ?');
  return {
    all: () => all.all().map(({ id }) => id),
    add: (id) => {
      add.run(id);
    },
    remove: (id) => {
      remove.run(id);
    },
  };
}
