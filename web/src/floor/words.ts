// Words of the supervisor's floor.
import { type Say, useWords, type Words } from '../i18n/words.ts';

const en = {
  pages: 'Pages of the floor',
  'page.live': 'Live',
  queues: 'Queues',
  agents: 'Agents',
  queue: 'Queue',
  waiting: 'Waiting',
  longest: 'Longest',
  expected: 'Expected wait',
  free: 'Free / signed in',
  offered: 'Offered',
  answered: 'Answered',
  abandoned: 'Abandoned',
  level: 'In time',
  asa: 'Average answer',
  agent: 'Agent',
  state: 'State',
  since: 'For',
  contacts: 'Contacts',
  'show-offline': 'Show offline agents',
  nobody: 'Nobody is signed in.',
  summary: '{ready} ready, {busy} busy, {away} not ready, {offline} offline',
};

export type FloorWord = keyof typeof en;

const zh: Record<FloorWord, string> = {
  pages: '现场页面',
  'page.live': '实时',
  queues: '队列',
  agents: '坐席',
  queue: '队列',
  waiting: '等待',
  longest: '最长等待',
  expected: '预计等待',
  free: '空闲 / 签入',
  offered: '呼入',
  answered: '接通',
  abandoned: '放弃',
  level: '及时率',
  asa: '平均应答',
  agent: '坐席',
  state: '状态',
  since: '时长',
  contacts: '会话',
  'show-offline': '显示离线坐席',
  nobody: '没有坐席签入。',
  summary: '空闲 {ready}，忙碌 {busy}，示忙 {away}，离线 {offline}',
};

export const floorWords: Words<FloorWord> = { en, zh };

export function useFloorWords(): Say<FloorWord> {
  return useWords(floorWords);
}
