// egress.json: read, checked against the events that there are, with the place of every mistake.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  type EgressPlan,
  type EgressPolicy,
  type EventShape,
  planOf,
  policyFaults,
  policySchema,
} from '../egress/index.ts';
import { readJson } from '../ivr/index.ts';
import { eventTypes } from '../journal/index.ts';
import { failed } from './errors.ts';

/** `egress.json:4:12 There is no kind of event interaction.stepp.` */
export interface PolicyFinding {
  line: number;
  column: number;
  sentence: string;
}

/** Every declared kind of event, in every version, with its fields. */
export function eventShapes(): EventShape[] {
  return [...eventTypes.values()].map(({ name, version, schema, personal }) => ({
    name,
    version,
    fields: schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
    personal,
  }));
}

/** @returns the policy, where there is no finding */
export function checkPolicy(text: string): { policy: EgressPolicy | undefined; findings: PolicyFinding[] } {
  const document = readJson(text);
  const findings: PolicyFinding[] = document.errors.map(({ place, sentence }) => ({ ...place, sentence }));
  for (const { place, key } of document.twice) findings.push({ ...place, sentence: `"${key}" stands here twice.` });
  if (findings.length > 0) return { policy: undefined, findings };
  const parsed = policySchema.safeParse(document.value);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const place = document.placeOf(path.filter((step) => typeof step !== 'symbol'));
      findings.push({ ...place, sentence: `${path.join('.') || 'The policy'}: ${message}` });
    }
    return { policy: undefined, findings };
  }
  for (const { path, sentence } of policyFaults(parsed.data, eventShapes()))
    findings.push({ ...document.placeOfKey(path), sentence });
  return { policy: findings.length === 0 ? parsed.data : undefined, findings };
}

/** The plan of a policy file; without a file, of the preset `bank`. @throws egress-policy-invalid */
export function readPlan(file: string | undefined): EgressPlan {
  if (file === undefined) return planOf(policySchema.parse({}), eventShapes());
  const { policy, findings } = checkPolicy(readFileSync(file, 'utf8'));
  const [first] = findings;
  if (policy === undefined || first)
    throw failed['egress-policy-invalid']({
      file,
      line: first?.line ?? 1,
      column: first?.column ?? 1,
      reason: first?.sentence ?? '',
    });
  return planOf(policy, eventShapes());
}
