// What each command does. Checks that only the desk can make are here; what routing and calls know, they check.

import type { InteractionId } from '../../values/index.ts';
import { type EventScope, newEvent } from '../journal/index.ts';
import { type AgentLive, type AgentRecord, dispositionCodes, teamOf } from '../ports/index.ts';
import type { Detours } from './detours.ts';
import { failed } from './errors.ts';
import { deskFacts } from './journal-events.ts';
import type { DeskOptions } from './options.ts';
import type { Panel } from './panel.ts';
import type { DeskPhones } from './phones.ts';
import type { CommandAnswer, CommandName, CommandWith } from './protocol.ts';
import { defaultReasons } from './reasons.ts';
import type { Screen } from './screen.ts';
import type { Seat } from './seat.ts';
import { Supervising } from './supervising.ts';

/** Who asks: the panel, the desk it belongs to, and her record. */
export interface Asker {
  panel: Panel;
  seat: Seat;
  record: AgentRecord;
}

/** All commands but the two that open a connection. */
export type ActionName = Exclude<CommandName, 'hello' | 'resume'>;

export type Actions = {
  [Name in ActionName]: (asker: Asker, given: CommandWith<Name>) => CommandAnswer<Name> | Promise<CommandAnswer<Name>>;
};

export function makeActions(options: DeskOptions, screen: Screen, detours: Detours, phones: DeskPhones): Actions {
  const { agentWork, callControl, conversations, directory, journal, clock } = options;
  const supervising = new Supervising(options);

  const contactOf = (record: AgentRecord, interaction: InteractionId): AgentLive['contacts'][number] => {
    const contact = agentWork.agent(record.id)?.contacts.find((one) => one.interaction === interaction);
    if (contact === undefined) throw failed['desk-contact-not-yours']();
    return contact;
  };
  const scopeOf = (scope: EventScope): EventScope => ({ ...scope, team: teamOf(directory, scope) });
  const worker = (record: AgentRecord) => {
    if (!record.roles.includes('agent')) throw failed['desk-no-agent']();
    return record.id;
  };
  const done = async (work: Promise<void>) => {
    await work;
    return {};
  };

  return {
    ...phones.actions,
    accept: ({ record }, { offer }) => done(conversations.accept(worker(record), offer)),
    'go-on-writing': async ({ record }, { interaction, content, key }) => ({
      message: await conversations.goOn(record.id, interaction, content, key),
    }),
    'send-message': async ({ record }, { interaction, content, key }) => ({
      message: await conversations.send(record.id, interaction, content, key),
    }),
    'send-note': async ({ record }, { interaction, text }) => ({
      message: await conversations.note(record.id, interaction, text),
    }),
    typing: ({ record }, { interaction }) => {
      conversations.typing(record.id, interaction);
      return {};
    },
    'transfer-conversation': ({ record }, { interaction, to }) =>
      done(conversations.transfer(record.id, interaction, to)),
    'leave-conversation': ({ record }, { interaction }) => done(conversations.leave(record.id, interaction)),
    'close-conversation': ({ record }, { interaction }) => done(conversations.close(record.id, interaction)),
    language: ({ panel }, { language }) => {
      panel.language = language;
      return {};
    },
    ready: ({ record, seat }) => {
      seat.signingOut = false;
      agentWork.ready(worker(record));
      return {};
    },
    'not-ready': ({ record }, { reason }) => {
      const known = (options.reasons ?? defaultReasons).some((one) => one.reason === reason);
      if (!known) throw failed['reason-unknown']({ reason });
      agentWork.notReady(worker(record), reason);
      return {};
    },
    'sign-out': ({ record, seat }) => {
      seat.signingOut = true;
      agentWork.signOut(worker(record));
      return {};
    },
    'pop-shown': ({ seat, record }, { offer }) => {
      const afterMs = seat.popShown(offer, clock.monotonic());
      if (afterMs !== undefined) {
        const interaction = seat.pops.get(offer)?.view.content.interaction;
        const data = { offer, afterMs: Math.round(afterMs) };
        const queue = seat.pops.get(offer)?.view.offer.queue;
        const scope = scopeOf({ agent: record.id, interaction, queue });
        void journal.append([newEvent(deskFacts.popShown, clock.now(), data, scope)]);
      }
      return {};
    },
    answer: ({ record }, { offer }) => done(callControl.answer(record.id, offer)),
    decline: ({ record }, { offer }) => {
      agentWork.decline(record.id, offer);
      return {};
    },
    hold: ({ record }, { interaction }) => done(callControl.hold(record.id, interaction)),
    'resume-call': ({ record }, { interaction }) => done(callControl.resume(record.id, interaction)),
    transfer: ({ record }, { interaction, to }) => done(callControl.transfer(record.id, interaction, to)),
    consult: async ({ record }, { interaction, to }) => ({
      party: await callControl.consult(record.id, interaction, to),
    }),
    swap: ({ record }, { interaction }) => done(callControl.swap(record.id, interaction)),
    merge: ({ record }, { interaction }) => done(callControl.merge(record.id, interaction)),
    complete: ({ record }, { interaction }) => done(callControl.complete(record.id, interaction)),
    retract: ({ record }, { interaction }) => done(callControl.retract(record.id, interaction)),
    invite: async ({ record }, { interaction, to }) => ({
      party: await callControl.invite(record.id, interaction, to),
    }),
    drop: ({ record }, { interaction, party }) => done(callControl.drop(record.id, interaction, party)),
    leave: ({ record }, { interaction }) => done(callControl.leave(record.id, interaction)),
    park: async ({ record }, { interaction }) => ({ slot: await callControl.park(record.id, interaction) }),
    unpark: async ({ record }, { slot }) => ({ interaction: await callControl.unpark(worker(record), slot) }),
    dial: async ({ record }, request) => ({ interaction: await callControl.dial(worker(record), request) }),
    monitor: ({ record }, { interaction, mode }) => done(supervising.monitor(record, interaction, mode)),
    unmonitor: ({ record }, { interaction }) => done(supervising.unmonitor(record, interaction)),
    'take-over': ({ record }, { interaction }) => done(supervising.takeOver(record, interaction)),
    force: ({ record }, { agent, to, reason }) => {
      supervising.force(record, agent, to, reason);
      return {};
    },
    detour: (asker, { interaction, flow }) => done(detours.begin(asker, interaction, flow)),
    dtmf: ({ record }, { interaction, digits }) => done(callControl.sendDtmf(record.id, interaction, digits)),
    hangup: ({ record }, { interaction }) => done(callControl.hangup(record.id, interaction)),
    'pause-recording': ({ record }, { interaction }) => {
      callControl.pauseRecording(record.id, interaction);
      return {};
    },
    'resume-recording': ({ record }, { interaction }) => {
      callControl.resumeRecording(record.id, interaction);
      return {};
    },
    disposition: async ({ record, seat }, { interaction, disposition }) => {
      const { queue } = contactOf(record, interaction);
      const known = queue === undefined ? undefined : directory.queues.get(queue)?.dispositions;
      if (known === undefined || !dispositionCodes(known).includes(disposition)) {
        throw failed['disposition-unknown']({ queue: queue ?? '–', disposition });
      }
      const scope = scopeOf({ agent: record.id, interaction, queue });
      await journal.append([newEvent(deskFacts.dispositionSet, clock.now(), { disposition }, scope)]);
      seat.write({ ...seat.work.get(interaction), interaction, disposition });
      agentWork.disposed(record.id, interaction);
      return {};
    },
    note: async ({ record, seat }, { interaction, note }) => {
      const { queue } = contactOf(record, interaction);
      const scope = scopeOf({ agent: record.id, interaction, queue });
      await journal.append([newEvent(deskFacts.noteWritten, clock.now(), { note }, scope)]);
      seat.write({ ...seat.work.get(interaction), interaction, note });
      return {};
    },
    'wrap-up-done': ({ record }, { interaction }) => {
      const { queue, disposed } = contactOf(record, interaction);
      const required = queue !== undefined && directory.queues.get(queue)?.dispositionRequired === true;
      if (required && disposed !== true) throw failed['disposition-required']();
      agentWork.wrapUpDone(record.id, interaction);
      return {};
    },
    extend: ({ record }, { interaction, byMs }) => {
      contactOf(record, interaction);
      agentWork.extendWrapUp(record.id, interaction, byMs);
      return {};
    },
    targets: ({ record }, { search }) => ({
      colleagues: screen.colleagues(record.id, search),
      queues: agentWork.queues(),
    }),
    watch: ({ record, panel }, { on }) => {
      if (!record.roles.includes('supervisor') && !record.roles.includes('admin'))
        throw failed['desk-not-supervisor']();
      panel.watching = on;
      const floor = on ? screen.floor(record) : { agents: [], queues: [], figures: [], calls: [] };
      panel.calls = new Set(floor.calls.map(({ interaction }) => interaction));
      return floor;
    },
  };
}
