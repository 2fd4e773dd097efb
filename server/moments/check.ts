// The checker: reads the text of a moment's file and says, with line and column, what is wrong.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { z } from 'zod';
import { type Finding, type FindingCode, finding, readJson, readShape, type Said } from '../ivr/index.ts';
import { millisOf } from './duration.ts';
import type { UsedMoment } from './evaluate.ts';
import { kindOf, type Moment, type MomentTests, momentSchema, momentTestSchema } from './schema.ts';
import { namedFacts, readTemplate } from './template.ts';

/** What the moment stands among. What is left out is not checked. */
export interface MomentContext {
  queues?: Iterable<string> | undefined;
  skills?: Iterable<string> | undefined;
}

const longestMs = 30 * 86_400_000;

export function readMoment(
  text: string,
  file: string,
  { queues, skills }: MomentContext = {},
): { findings: Finding[]; used?: UsedMoment } {
  const { findings, value: moment, place } = readFile(text, file, momentSchema);
  if (moment === undefined) return { findings };
  const report: Report = (code, path, said, severity = 'error') => {
    findings.push(finding(severity, code, file, place(path), [said]));
  };
  if (basename(file, '.json') !== moment.moment)
    report('name-differs', ['moment'], {
      say: 'moment-name-differs',
      values: { name: moment.moment, file: basename(file) },
    });
  const { when } = moment;
  if ('within' in when && millisOf(when.within) > longestMs)
    report('value-wrong', ['when', 'within'], { say: 'within-long' });
  if ('without' in when && moment.class === 'seconds' && millisOf(when.within) < 1_000)
    report('value-wrong', ['when', 'within'], { say: 'within-short' });
  const knownQueues = queues && new Set(queues);
  const knownSkills = skills && new Set(skills);
  const seen = new Set<string>();
  for (const [index, action] of moment.do.entries()) {
    const kind = kindOf(action);
    if (kind !== 'tag' && seen.has(kind))
      report('value-wrong', ['do', index], { say: 'action-second', values: { kind } });
    seen.add(kind);
    if ('hint' in action) checkTexts(action.hint, ['do', index, 'hint'], moment, report);
    if ('message' in action) checkTexts(action.message, ['do', index, 'message'], moment, report);
    const queue = 'callback' in action ? action.callback.queue : 'route' in action ? action.route.queue : undefined;
    if (queue !== undefined && knownQueues && !knownQueues.has(queue))
      report('queue-unknown', ['do', index, kind, 'queue'], { say: 'queue-unknown', values: { name: queue } });
    if (!('route' in action)) continue;
    if (action.route.queue === undefined && action.route.skills === undefined)
      report('key-missing', ['do', index, 'route'], { say: 'route-empty' });
    for (const skill of Object.keys(action.route.skills ?? {})) {
      if (knownSkills && !knownSkills.has(skill))
        report('skill-unknown', ['do', index, 'route', 'skills', skill], {
          say: 'skill-unknown',
          values: { name: skill },
        });
    }
  }
  if (seen.size === 1 && seen.has('hint') && moment.class === 'later')
    report('value-wrong', ['class'], { say: 'hint-late' }, 'warning');
  if (findings.some(({ severity }) => severity === 'error')) return { findings };
  const version = createHash('sha256').update(JSON.stringify(moment.when)).digest('hex').slice(0, 16);
  return { findings, used: { moment, version } };
}

export function readMomentTests(text: string, file: string): { findings: Finding[]; tests?: MomentTests } {
  const { findings, value } = readFile(text, file, momentTestSchema);
  return value === undefined ? { findings } : { findings, tests: value };
}

type Report = (code: FindingCode, path: (string | number)[], said: Said, severity?: Finding['severity']) => void;

/** Placeholders that exist, with what is said without them, and the same ones in each language. */
function checkTexts(
  texts: { en?: string | undefined; zh?: string | undefined },
  path: (string | number)[],
  { when }: Moment,
  report: Report,
): void {
  for (const language of ['en', 'zh'] as const) {
    for (const fault of readTemplate(texts[language] ?? '').faults) report('value-wrong', [...path, language], fault);
  }
  const names = (text: string) =>
    readTemplate(text)
      .pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]))
      .sort()
      .join(', ');
  if (texts.en !== undefined && texts.zh !== undefined && names(texts.en) !== names(texts.zh)) {
    const put = (text: string): string | Said => names(text) || { say: 'nothing-put-in' };
    const said: Said = { say: 'languages-differ', values: { names: put(texts.en), others: put(texts.zh) } };
    report('value-wrong', path, said, 'warning');
  }
  const [fact] = namedFacts([texts.en, texts.zh]);
  if ('without' in when && fact !== undefined) {
    report('value-wrong', path, { say: 'fact-unknown', values: { placeholder: `{event.${fact}}` } }, 'warning');
  }
}

type Place = (path: (string | number)[]) => { line: number; column: number };

function readFile<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
): { findings: Finding[]; value?: T; place: Place } {
  const document = readJson(text);
  const place: Place = (path) => document.placeOf(path);
  const findings = document.errors.map(({ place: at, said }) => finding('error', 'json-syntax', file, at, said));
  if (findings.length > 0) return { findings, place };
  for (const { place: at, key } of document.twice) {
    findings.push(finding('error', 'key-twice', file, at, [{ say: 'key-twice', values: { key } }]));
  }
  const shape = readShape(schema, document);
  for (const { code, place: at, said } of shape.faults) findings.push(finding('error', code, file, at, said));
  if (shape.value === undefined || findings.length > 0) return { findings, place };
  return { findings, value: shape.value, place };
}
