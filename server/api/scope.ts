// Who may see what: a supervisor with a team sees her team and what belongs to the whole site; agents see numbers masked.
import { maskNumber, type Scope } from '../../values/index.ts';
import { staffActed } from '../audit/index.ts';
import { callMonitored } from '../calls/index.ts';
import type { AgentPart, InteractionRecord } from '../customers/index.ts';
import { deskFacts } from '../desk/index.ts';
import type { Principal } from '../directory/index.ts';
import type { JournalEvent } from '../journal/index.ts';
import { calibrationClosed, calibrationOpened, evaluated } from '../quality/index.ts';
import type { ApiDeps } from './deps.ts';
import { failed } from './errors.ts';

export function isStaff({ roles }: Principal): boolean {
  return roles.includes('supervisor') || roles.includes('admin');
}

export function isAdmin({ roles }: Principal): boolean {
  return roles.includes('admin');
}

/** Who it is, however she came in: an agent has one name in her session and by her tokens. */
export function actorOf({ agent, by }: Principal): string {
  return agent ?? by;
}

/** The team that a principal is confined to; undefined: the whole site. */
export function confinedTo(principal: Principal): string | undefined {
  return isAdmin(principal) ? undefined : principal.team;
}

export function mayServe(principal: Principal, { site, team }: Scope): boolean {
  if (site !== principal.site) return false;
  const confined = confinedTo(principal);
  return confined === undefined || team === undefined || team === confined;
}

/** @throws not-found: what one may not see is not there */
export function visible<Row extends Scope>(
  principal: Principal,
  row: Row | undefined,
  kind: string,
  name: string,
): Row {
  if (row === undefined || !mayServe(principal, row)) throw failed['not-found']({ kind, name });
  return row;
}

/**
 * Whether a contact was really hers, or she was asked or taken into it, or it is offered to her now. What she declined or
 * missed is nothing of hers. A token with nobody behind it has had a part in nothing.
 */
export function hadPart(
  { agent }: Principal,
  { agents, parties, endedAt }: Pick<InteractionRecord, 'agents' | 'parties' | 'endedAt'>,
): boolean {
  if (agent === undefined) return false;
  const isHers = ({ answeredAt, outcome }: AgentPart): boolean =>
    answeredAt !== undefined || outcome === 'accepted' || (outcome === undefined && endedAt === undefined);
  return (
    agents.some((part) => part.agent === agent && isHers(part)) ||
    parties.some((party) => party.agent === agent && party.as !== 'monitor' && party.answeredAt !== undefined)
  );
}

/** What a supervisor with a team may change: what is of that team. What belongs to the whole site she may read. */
export function mayChange(principal: Principal, { team }: { team?: string | undefined }): boolean {
  const confined = confinedTo(principal);
  return confined === undefined || team === confined;
}

const forStaff: ReadonlySet<string> = new Set([callMonitored.name, calibrationOpened.name, calibrationClosed.name]);

/**
 * Events that stay with those whom they concern: evaluations that are drafts or part of a calibration (no evaluator sees
 * what others gave), from agents that supervisors listened, and from all but administrators what the audit says of others.
 */
export function isDiscreet(principal: Principal, { type, data }: JournalEvent): boolean {
  if (isAdmin(principal)) return false;
  if (type === staffActed.name) return true;
  if (forStaff.has(type)) return !isStaff(principal);
  if (type !== evaluated.name) return false;
  const { by, state, calibration } = data as { by: string; state: string; calibration?: string };
  return by !== actorOf(principal) && (state === 'draft' || calibration !== undefined);
}

const numbers = ['from', 'fromDialled', 'to', 'toDialled'] as const;

/**
 * The event as this role sees it. To an agent a screen-pop is shown, and a number at full length, as long as the contact is
 * on her hands: what she missed, declined or has done is no address book.
 */
export function eventFor(
  principal: Principal,
  event: JournalEvent,
  { agentWork, callControl }: Pick<ApiDeps, 'agentWork' | 'callControl'>,
): JournalEvent {
  const { interaction, type } = event;
  if (isStaff(principal) || interaction === undefined) return event;
  const { agent = '' } = principal;
  const isOnHand =
    callControl.get(interaction)?.agent === agent ||
    agentWork.agent(agent)?.contacts.some((contact) => contact.interaction === interaction);
  if (isOnHand) return event;
  const data = { ...event.data };
  if (type === deskFacts.popped.name) delete data.content;
  for (const field of [...numbers, 'number'])
    if (typeof data[field] === 'string') data[field] = maskNumber(data[field]);
  return { ...event, data };
}

/** The record as this role sees it. Agents read numbers at full length on their own running calls only. */
export function maskedFor(principal: Principal, record: InteractionRecord): InteractionRecord {
  if (isStaff(principal)) return record;
  const masked = { ...record };
  for (const field of numbers) if (masked[field] !== undefined) masked[field] = maskNumber(masked[field]);
  masked.transfers = record.transfers.map((transfer) =>
    transfer.kind === 'number' && transfer.to !== undefined ? { ...transfer, to: maskNumber(transfer.to) } : transfer,
  );
  // Whether supervisors listened is for them to know.
  masked.parties = record.parties
    .filter(({ as }) => as !== 'monitor')
    .map((party) =>
      party.kind === 'number' && party.to !== undefined ? { ...party, to: maskNumber(party.to) } : party,
    );
  return masked;
}
