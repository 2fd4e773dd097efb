// What somebody meant by what was dialled: an own number, an extension, a queue, or a number outside over a trunk.
import { phoneNumber } from '../../values/index.ts';
import type { AgentRecord, DialRule, DidRecord, Directory, TrunkRecord } from '../ports/index.ts';

export type Destination =
  | { kind: 'did'; did: DidRecord }
  | { kind: 'agent'; agent: string }
  | { kind: 'queue'; queue: string }
  | {
      kind: 'number';
      dialled: string /** As the trunk wants it. */;
      number: string;
      e164?: string | undefined;
      trunk: TrunkRecord;
      emergency: boolean;
    }
  /** A place where a call is parked: `*701`. */
  | { kind: 'slot'; slot: string }
  | { kind: 'refused'; why: 'unknown' | 'not-allowed' | 'no-route' };

/** The DID that a trunk delivers: as dialled, else in E.164 (with and without `+`). */
export function findDid(directory: Directory, dialled: string, country: string): DidRecord | undefined {
  const exact = directory.dids.get(dialled);
  if (exact) return exact;
  const { e164 } = phoneNumber(dialled, country);
  if (e164 === undefined) return undefined;
  return directory.dids.get(e164) ?? directory.dids.get(e164.slice(1));
}

/**
 * For agents' phones, transfers and flows. Trunks never come through here: they reach DIDs only, so that nobody outside
 * can be connected outside (toll fraud).
 * @param by whose class of service counts; absent: a flow, or the system itself
 */
export function resolveDialled(
  directory: Directory,
  raw: string,
  by?: Pick<AgentRecord, 'dialClasses'> | undefined,
): Destination {
  const dialled = raw.replace(/[\s().\-/]/g, '');
  if (dialled === '') return { kind: 'refused', why: 'unknown' };
  if (directory.emergencyNumbers.includes(dialled)) return emergency(directory, dialled);
  if (directory.agents.get(dialled)) return { kind: 'agent', agent: dialled };
  if (directory.queues.get(raw)) return { kind: 'queue', queue: raw };
  const did = findDid(directory, dialled, directory.site.country);
  if (did) return { kind: 'did', did };
  const slot = /^\*(7\d\d)$/.exec(dialled)?.[1];
  if (slot !== undefined) return { kind: 'slot', slot };
  if (!/^\+?[0-9*#]+$/.test(dialled)) return { kind: 'refused', why: 'unknown' };
  return outside(directory, dialled, by?.dialClasses);
}

/** @param classes the classes of rules that may be used; undefined: all */
function outside(directory: Directory, dialled: string, classes: string[] | undefined): Destination {
  const { e164 } = phoneNumber(dialled, directory.site.country);
  const rule = longestRule(directory.dialRules.list(), dialled, e164);
  if (!rule) return { kind: 'refused', why: 'no-route' };
  const barred = classes !== undefined && rule.class !== undefined && !classes.includes(rule.class);
  if (!rule.allow || barred) return { kind: 'refused', why: 'not-allowed' };
  const trunk = directory.trunks.get(rule.trunk);
  if (!trunk?.uri) return { kind: 'refused', why: 'no-route' };
  const matched = rule.prefix.startsWith('+') ? (e164 ?? dialled) : dialled;
  return { kind: 'number', dialled, number: rewritten(matched, rule), e164, trunk, emergency: false };
}

/** Emergency calls pass whatever the rules say: by the rule's trunk where one fits, else by the first that leads outside. */
function emergency(directory: Directory, dialled: string): Destination {
  const rule = longestRule(directory.dialRules.list(), dialled, undefined);
  const ruled = rule && directory.trunks.get(rule.trunk);
  const trunk = ruled?.uri ? ruled : directory.trunks.list().find((candidate) => candidate.uri);
  return trunk
    ? { kind: 'number', dialled, number: dialled, trunk, emergency: true }
    : { kind: 'refused', why: 'no-route' };
}

/** Prefixes with `+` are compared with the E.164 form, others with what was dialled; the longest wins. */
function longestRule(rules: readonly DialRule[], dialled: string, e164: string | undefined): DialRule | undefined {
  let best: DialRule | undefined;
  for (const rule of rules) {
    const number = rule.prefix.startsWith('+') ? e164 : dialled;
    if (number?.startsWith(rule.prefix) && (best === undefined || rule.prefix.length > best.prefix.length)) best = rule;
  }
  return best;
}

function rewritten(number: string, { strip, prepend }: DialRule): string {
  if (strip === 0 && prepend === '') return number;
  // `strip` counts digits: the plus goes with the first change.
  const digits = number.startsWith('+') ? number.slice(1) : number;
  return prepend + digits.slice(strip);
}

/** The Request-URI for a number (escaped as a user part) on a trunk. */
export function trunkUri(trunk: TrunkRecord, number: string): string {
  const uri = trunk.uri ?? '';
  const scheme = uri.slice(0, 5).toLowerCase() === 'sips:' ? 'sips:' : 'sip:';
  const rest = uri.slice(scheme.length);
  return `${scheme}${number}@${rest.slice(rest.indexOf('@') + 1)}`;
}
