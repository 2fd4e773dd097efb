// What the checker says: file, line, column and a sentence.
import type { Place } from './document.ts';
import { type Said, sentenceIn } from './sentences.ts';

/** Every code that the checker knows, with what it means; docs/flows.md lists them from here. */
export const findingCodes = {
  'json-syntax': 'The file is no JSON.',
  'key-twice': 'A key stands twice in one object.',
  'key-unknown': 'There is no such key here.',
  'key-missing': 'A key is missing.',
  'value-wrong': 'A value is not what the key takes.',
  'type-unknown': 'There is no such type of node.',
  'name-differs': 'The name of the flow is not the name of its file.',
  'node-unknown': 'An exit leads to a node that does not exist.',
  'node-unreachable': 'No way leads to the node.',
  'exit-missing': 'A node leaves out an exit, and the flow has no error exit for it.',
  'loop-endless': 'Nodes lead round in a circle without ever asking the caller, or without any way out.',
  'loop-silent': 'A caller who presses nothing goes round here until the step limit ends the call.',
  'prompt-missing': 'A prompt has no text or recording in one of the languages of the flow.',
  'recording-missing': 'The recording does not exist, and there is no text to synthesise.',
  'variable-unknown': 'A variable is read that is neither declared nor collected.',
  'secret-spoken': 'A secret value would be said, dialled or shown.',
  'hours-unknown': 'The flow has no such hours.',
  'queue-unknown': 'There is no such queue.',
  'skill-unknown': 'There is no such skill.',
  'agent-unknown': 'There is no such agent.',
  'flow-unknown': 'There is no such flow.',
  'flow-circle': 'Flows call each other in a circle.',
  'result-unknown': 'The other flow never returns that result.',
  'music-unknown': 'There is no such music.',
  'zone-unknown': 'There is no such time zone.',
} as const;

export type FindingCode = keyof typeof findingCodes;

export interface Finding extends Place {
  /** With an error the flow is not taken; the old version stays. */
  severity: 'error' | 'warning';
  code: FindingCode;
  file: string;
  /** In English. */
  sentence: string;
  /** The same for other languages (sentences.ts). */
  said: readonly Said[];
}

export function finding(
  severity: Finding['severity'],
  code: FindingCode,
  file: string,
  { line, column }: Place,
  said: readonly Said[],
): Finding {
  return { severity, code, file, line, column, sentence: sentenceIn('en', said), said };
}

/** `bank.json:12:7 error node-unknown: There is no node "acount". Did you mean "account"?` */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}:${finding.column} ${finding.severity} ${finding.code}: ${finding.sentence}`;
}
