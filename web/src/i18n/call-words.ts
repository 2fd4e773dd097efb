// Words of calls and contacts that several areas use: where one is, what became of it, who ended it.
import type { Say, Words } from './words.ts';

const en = {
  'phase.ivr': 'In the flow',
  'phase.queued': 'Waiting',
  'phase.ringing': 'Ringing',
  'phase.talking': 'Talking',
  'phase.held': 'On hold',
  'phase.consulting': 'Agent asks somebody',
  'phase.conference': 'Conference',
  'phase.detour': 'Sent into a flow',
  'phase.transferring': 'Being transferred',
  'phase.parked': 'Parked',
  'phase.ended': 'Ended',
  'outcome.open': 'Under way',
  'outcome.answered': 'Answered',
  'outcome.abandoned': 'Abandoned',
  'outcome.contained': 'Served by the flow',
  'outcome.transferred': 'Transferred',
  'outcome.failed': 'Failed',
  'ended-by.customer': 'the customer',
  'ended-by.agent': 'the agent',
  'ended-by.flow': 'the flow',
  'ended-by.system': 'the system',
  'ended-by.network': 'the network',
  'where.before': 'before the flow',
  'where.ivr': 'in the flow',
  'where.queue': 'in the queue',
  'where.ringing': 'while it rang',
  'where.talk': 'in the talk',
  'where.detour': 'in a flow that the agent sent her into',
  'where.transfer': 'in a transfer',
};

export type CallWord = keyof typeof en;

const zh: Record<CallWord, string> = {
  'phase.ivr': '流程中',
  'phase.queued': '排队中',
  'phase.ringing': '振铃',
  'phase.talking': '通话中',
  'phase.held': '保持中',
  'phase.consulting': '坐席咨询中',
  'phase.conference': '会议',
  'phase.detour': '已送入流程',
  'phase.transferring': '转接中',
  'phase.parked': '驻留',
  'phase.ended': '已结束',
  'outcome.open': '进行中',
  'outcome.answered': '已接通',
  'outcome.abandoned': '放弃',
  'outcome.contained': '自助完成',
  'outcome.transferred': '已转接',
  'outcome.failed': '失败',
  'ended-by.customer': '客户',
  'ended-by.agent': '坐席',
  'ended-by.flow': '流程',
  'ended-by.system': '系统',
  'ended-by.network': '网络',
  'where.before': '进入流程前',
  'where.ivr': '流程中',
  'where.queue': '排队中',
  'where.ringing': '振铃时',
  'where.talk': '通话中',
  'where.detour': '送入的流程中',
  'where.transfer': '转接中',
};

export const callWords: Words<CallWord> = { en, zh };

/** Says a value of a record, such as `phase` `ringing`; one that has no words is shown as it is. */
export function callWord(say: Say<CallWord>, kind: 'phase' | 'outcome' | 'ended-by' | 'where', value: string): string {
  const key = `${kind}.${value}`;
  return Object.hasOwn(en, key) ? say(key as CallWord) : value;
}
