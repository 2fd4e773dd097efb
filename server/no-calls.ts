// What stands in for calls and routing while no server runs: nothing is under way, and nothing can be asked of it.
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { defineErrors } from '../values/index.ts';

import type { CallbackBook } from './api/index.ts';
import { Conversations, type ConversationTools } from './conversations/index.ts';
import type { AgentWork, AgentWorkEvents, CallControl, CallControlEvents } from './ports/index.ts';

const failed = defineErrors({
  'server-stopped': { status: 503, text: 'No server runs, so there are no calls and no agents at work.' },
});

const refuse = (): never => {
  throw failed['server-stopped']();
};

export function noCallControl(): CallControl {
  return Object.assign(new EventEmitter<CallControlEvents>(), {
    list: () => [],
    get: () => undefined,
    canAnswer: () => false,
    answer: async () => refuse(),
    hold: async () => refuse(),
    resume: async () => refuse(),
    transfer: async () => refuse(),
    detour: async () => refuse(),
    consult: async () => refuse(),
    swap: async () => refuse(),
    merge: async () => refuse(),
    complete: async () => refuse(),
    retract: async () => refuse(),
    invite: async () => refuse(),
    drop: async () => refuse(),
    leave: async () => refuse(),
    park: async () => refuse(),
    unpark: async () => refuse(),
    dial: async () => refuse(),
    monitor: async () => refuse(),
    unmonitor: async () => refuse(),
    takeOver: async () => refuse(),
    content: () => undefined,
    hangup: async () => refuse(),
    sendDtmf: async () => refuse(),
    pauseRecording: refuse,
    resumeRecording: refuse,
    end: async () => refuse(),
  });
}

export function noAgentWork(): AgentWork {
  return Object.assign(new EventEmitter<AgentWorkEvents>(), {
    agents: () => [],
    agent: () => undefined,
    queues: () => [],
    signIn: refuse,
    signOut: refuse,
    ready: refuse,
    notReady: refuse,
    decline: refuse,
    wrapUpDone: refuse,
    extendWrapUp: refuse,
    disposed: refuse,
    move: refuse,
    explain: () => [],
  });
}

export function noCallbacks(): CallbackBook {
  return { schedule: async () => refuse(), cancel: async () => refuse(), get: refuse, list: () => [] };
}

/** Nothing is taken up; what is kept can be read. */
export function noConversations({
  data,
  ...given
}: Pick<ConversationTools, 'database' | 'journal' | 'directory' | 'clock' | 'logger'> & {
  data: string;
}): Conversations {
  return new Conversations({
    ...given,
    queueing: {
      enqueue: refuse,
      refuses: refuse,
      attach: refuse,
      leave: refuse,
      finished: refuse,
      take: refuse,
      place: () => undefined,
      raise: refuse,
      occupied: refuse,
      phoneReachable: refuse,
    },
    people: { identify: refuse, get: () => undefined, earlier: () => [], numberOf: () => undefined },
    flows: { current: refuse, version: refuse },
    callbacks: { schedule: async () => refuse() },
    attachments: join(data, 'attachments'),
  });
}
