// What supervisors do from their panels: listen to a talk and speak in it, and set an agent's state. Only within their
// scope; each is a fact of the journal.
import { type AgentId, type InteractionId, notThere } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import { type AgentRecord, type MonitorMode, teamOf } from '../ports/index.ts';
import { failed } from './errors.ts';
import { deskFacts } from './journal-events.ts';
import type { DeskOptions } from './options.ts';
import { mayWatch, mayWatchCall } from './screen.ts';

export class Supervising {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** @throws desk-not-supervisor, call-unknown, call-wrong-phase, phone-unreachable */
  async monitor(supervisor: AgentRecord, interaction: InteractionId, mode: MonitorMode): Promise<void> {
    this.#visible(supervisor, interaction);
    await this.#options.callControl.monitor(supervisor.id, interaction, mode);
  }

  /** @throws desk-not-supervisor, call-unknown, party-unknown */
  async unmonitor(supervisor: AgentRecord, interaction: InteractionId): Promise<void> {
    this.#visible(supervisor, interaction);
    await this.#options.callControl.unmonitor(supervisor.id, interaction);
  }

  /** @throws desk-not-supervisor, call-unknown, call-wrong-phase, party-unknown */
  async takeOver(supervisor: AgentRecord, interaction: InteractionId): Promise<void> {
    this.#visible(supervisor, interaction);
    await this.#options.callControl.takeOver(supervisor.id, interaction);
  }

  /** @throws desk-not-supervisor, agent-unknown, agent-not-signed-in, agent-phone-unreachable */
  force(supervisor: AgentRecord, agent: AgentId, to: 'ready' | 'not-ready' | 'sign-out', reason: string): void {
    const { agentWork, directory, journal, clock } = this.#options;
    const record = directory.agents.get(agent);
    // Whom one may not see is not there.
    if (!isSupervisor(supervisor)) throw failed['desk-not-supervisor']();
    if (record === undefined || !mayWatch(supervisor, record)) throw notThere['agent-unknown']({ agent });
    if (to === 'ready') agentWork.ready(agent);
    else if (to === 'not-ready') agentWork.notReady(agent, reason);
    else agentWork.signOut(agent);
    const scope = { agent, team: teamOf(directory, { agent }) };
    const data = { by: supervisor.id, to, ...(to === 'not-ready' ? { reason } : {}) };
    void journal.append([newEvent(deskFacts.stateForced, clock.now(), data, scope)]);
  }

  #visible(supervisor: AgentRecord, interaction: InteractionId): void {
    if (!isSupervisor(supervisor)) throw failed['desk-not-supervisor']();
    const { callControl, directory } = this.#options;
    const call = callControl.get(interaction);
    if (call === undefined || !mayWatchCall(directory, supervisor, call)) {
      throw failed['desk-contact-not-yours']();
    }
  }
}

function isSupervisor({ roles }: AgentRecord): boolean {
  return roles.includes('supervisor') || roles.includes('admin');
}
