// Understands what a panel sent. Nothing a panel sends may throw.
import type { z } from 'zod';
import type { SwitchroomError } from '../../values/index.ts';
import { failed } from './errors.ts';
import {
  type CommandName,
  type CommandWith,
  commandFrame,
  commands,
  isCommand,
  type PanelBeat,
  panelBeat,
} from './protocol.ts';

export type PanelMessage =
  | { kind: 'beat'; beat: PanelBeat }
  /** `re`: the command's id, 0 where it could not be read. */
  | { kind: 'command'; re: number; name: CommandName; with: CommandWith<CommandName> }
  | { kind: 'bad'; re: number; error: SwitchroomError };

export function readMessage(text: string): PanelMessage {
  const bad = (re: number, error: SwitchroomError): PanelMessage => ({ kind: 'bad', re, error });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 120) : 'is not JSON';
    return bad(0, failed['desk-message-malformed']({ field: 'message', reason }));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(0, failed['desk-message-malformed']({ field: 'message', reason: 'is not an object' }));
  }
  if ('beat' in value) {
    const beat = panelBeat.safeParse(value);
    if (beat.success) return { kind: 'beat', beat: beat.data };
    return bad(0, failed['desk-message-malformed'](firstIssue(beat.error)));
  }
  const frame = commandFrame.safeParse(value);
  if (!frame.success) {
    const re = 'id' in value && Number.isSafeInteger(value.id) ? (value.id as number) : 0;
    return bad(re, failed['desk-message-malformed'](firstIssue(frame.error)));
  }
  const { id, do: name } = frame.data;
  if (!isCommand(name)) return bad(id, failed['desk-command-unknown']({ command: name }));
  const given = commands[name].with.safeParse(frame.data.with ?? {});
  if (!given.success) return bad(id, failed['desk-command-malformed']({ command: name, ...firstIssue(given.error) }));
  return { kind: 'command', re: id, name, with: given.data };
}

function firstIssue(error: z.ZodError): { field: string; reason: string } {
  const issue = error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'message' : issue.path.map(String).join('.');
  return { field, reason: issue?.message ?? 'is wrong' };
}
