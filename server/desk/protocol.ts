// The desk's protocol: one WebSocket per panel, one JSON object a message. The panel speaks first:
//   → { "id": 1, "do": "hello", "with": { "protocol": 1, "language": "en" } }
//   ← { "re": 1, "ok": { "session": "…", "epoch": "…", "how": "snapshot", "snapshot": { "seq": 17, … } } }
//   ← { "re": 1, "failed": { "code": "queue-unknown", "reason": "There is no queue gold." } }    a sentence in her language
//   ← { "seq": 18, "event": "pop", "with": { … } }        numbered over the run of the server, per agent; all her panels see all
//   → { "id": 2, "do": "pop-shown", "with": { "offer": "off_…" } }
//   ← { "live": "queues", "with": [ … ] }                 live figures: not numbered, the newest counts, left out for a slow panel
//   ← { "beat": 1700000000000 }                           every 2 s, the server's clock
//   → { "beat": 1700000000000, "seen": 18 }               at once, with the last event that was handled
// An end that has heard nothing for 6 s closes. The panel then comes back with
//   → { "id": 1, "do": "resume", "with": { "protocol": 1, "language": "en", "session": "…", "epoch": "…", "seen": 18 } }
// and gets either the events after 18 (`how: "resumed"`) or a snapshot: after a reload, a restart of the server, or too long.
// Answers to commands that were under way when the connection broke are lost; what they did is seen in the events.
import { z } from 'zod';
import { type CommandAnswer, type CommandName, type CommandWith, commands } from './commands.ts';
import type { DeskEventName, DeskEventWith, LiveName, LiveWith } from './events.ts';

export { type CommandAnswer, type CommandName, type CommandWith, commands, type Welcome } from './commands.ts';
export type { DeskConversation } from './conversation-protocol.ts';
export {
  type DeskEventName,
  type DeskEventWith,
  deskEvents,
  type LiveName,
  type LiveWith,
  liveFigures,
} from './events.ts';
export { closeCodes, deskPath, limits, protocolVersion } from './limits.ts';
export type {
  Colleague,
  DialledNumber,
  FloorAgent,
  ParkedCall,
  PopView,
  QueueCard,
  Setup,
  Snapshot,
  Today,
  WorkView,
} from './views.ts';

/** Outermost shape of a command; `with` is checked by the command's own schema. */
export const commandFrame = z.strictObject({
  id: z.int().min(0),
  do: z.string().max(40),
  with: z.unknown().optional(),
});

export const panelBeat = z.strictObject({ beat: z.number(), seen: z.int().min(0) });

export type CommandFrame = { [Name in CommandName]: { id: number; do: Name; with: CommandWith<Name> } }[CommandName];
export type PanelBeat = z.infer<typeof panelBeat>;

export interface Failed {
  code: string;
  reason: string;
}

/** `re` is 0 where the message was too broken to have an id. */
export type AnswerFrame = { re: number; ok: CommandAnswer<CommandName> } | { re: number; failed: Failed };
export type EventFrame = {
  [Name in DeskEventName]: { seq: number; event: Name; with: DeskEventWith<Name> };
}[DeskEventName];
export type LiveFrame = { [Name in LiveName]: { live: Name; with: LiveWith<Name> } }[LiveName];
export interface ServerBeat {
  beat: number;
}
export type ServerFrame = AnswerFrame | EventFrame | LiveFrame | ServerBeat;

/** Whether there is such a command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
