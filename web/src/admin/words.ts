// Words of the administration: of its pages, and of the fields of records by their path.
import type { Language } from '../../../values/index.ts';
import { duration } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { type Say, useWords, type Words } from '../i18n/words.ts';
import { hints, labels, options } from './field-words.ts';

const en = {
  pages: 'Pages of the administration',
  'group.directory': 'Directory',
  'group.calls': 'Calls',
  'group.operation': 'Operation',
  'page.flows': 'Flows',
  'page.sip': 'SIP',
  'page.health': 'Health',
  'page.channel-health': 'Channels’ health',
  'page.audit': 'Audit',
  'page.imports': 'Imports',
  'page.forms': 'Evaluation forms',
  'kind.agents': 'People',
  'kind.queues': 'Queues',
  'kind.hours': 'Opening hours',
  'kind.skills': 'Skills',
  'kind.dids': 'Numbers',
  'kind.channels': 'Digital channels',
  'kind.trunks': 'Trunks',
  'kind.sip-users': 'SIP phones',
  'kind.dial-rules': 'Dial plan',
  'section.person': 'Person',
  'section.work': 'Work',
  'section.phone': 'Phone',
  'section.about': 'About',
  'section.distribution': 'Who gets the contact',
  'section.waiting': 'While it waits',
  'section.hours': 'Opening hours',
  'section.after': 'Afterwards',
  'section.answers': 'Answers',
  'section.thresholds': 'Thresholds of the wallboard',
  'section.in': 'Calls that come in',
  'section.out': 'Calls that go out',
  'section.more': 'More',
  search: 'Search',
  add: 'Add',
  new: 'New',
  everything: 'everything else',
  nothing: 'Nothing found.',
  'none-yet': 'There are none yet.',
  set: 'Set',
  unset: 'Take away',
  'add-line': 'Add a line',
  'remove-line': 'Remove line {line}',
  seconds: 'seconds',
  save: 'Save',
  saved: 'Saved.',
  discard: 'Discard changes',
  taken: 'There is {key} already. Open it in the list to change it.',
  'changed-meanwhile':
    'Somebody else changed this since you opened it. Save again to replace that change, or discard yours to see it.',
  close: 'Close',
  'disposition.add': 'Add a disposition',
  'disposition.below': 'Add one below',
  'disposition.code': 'Code',
  'disposition.en': 'English name',
  'disposition.zh': 'Chinese name',
  'disposition.up': 'Move up (Alt ↑)',
  'disposition.down': 'Move down (Alt ↓)',
  'disposition.in': 'Put below the one above (Alt →)',
  'disposition.out': 'One level out (Alt ←)',
  'disposition.json': 'As JSON',
  'disposition.remove-one': 'Remove the disposition {code}?',
  'disposition.remove-all': 'Remove the disposition {code} and the {below} below it?',
  remove: 'Remove',
  'confirm-remove': 'Remove {key} for good?',
  'new-password': 'New password',
  secret: 'Shown only once:',
  yes: 'yes',
};

export type AdminWord = keyof typeof en;

const zh: Record<AdminWord, string> = {
  pages: '管理页面',
  'group.directory': '目录',
  'group.calls': '呼叫',
  'group.operation': '运行',
  'page.flows': '流程',
  'page.sip': 'SIP',
  'page.health': '健康',
  'page.channel-health': '渠道状态',
  'page.audit': '审计',
  'page.imports': '批量导入',
  'page.forms': '评分表',
  'kind.agents': '人员',
  'kind.queues': '队列',
  'kind.hours': '营业时间',
  'kind.skills': '技能',
  'kind.dids': '号码',
  'kind.channels': '数字渠道',
  'kind.trunks': '中继',
  'kind.sip-users': 'SIP 话机',
  'kind.dial-rules': '拨号计划',
  'section.person': '人员',
  'section.work': '工作',
  'section.phone': '话机',
  'section.about': '基本信息',
  'section.distribution': '分配规则',
  'section.waiting': '等待',
  'section.hours': '营业时间',
  'section.after': '事后处理',
  'section.answers': '回复',
  'section.thresholds': '看板阈值',
  'section.in': '呼入',
  'section.out': '呼出',
  'section.more': '更多',
  search: '搜索',
  add: '新增',
  new: '新建',
  everything: '其他全部',
  nothing: '没有找到。',
  'none-yet': '暂无。',
  set: '设置',
  unset: '取消设置',
  'add-line': '添加一行',
  'remove-line': '删除第 {line} 行',
  seconds: '秒',
  save: '保存',
  saved: '已保存。',
  discard: '放弃修改',
  taken: '{key} 已存在。请在列表中打开它进行修改。',
  'changed-meanwhile': '您打开后，其他人修改了此项。再次保存将覆盖其修改；放弃您的修改可查看最新内容。',
  close: '关闭',
  'disposition.add': '添加小结',
  'disposition.below': '添加下级',
  'disposition.code': '代码',
  'disposition.en': '英文名称',
  'disposition.zh': '中文名称',
  'disposition.up': '上移（Alt ↑）',
  'disposition.down': '下移（Alt ↓）',
  'disposition.in': '归入上一项（Alt →）',
  'disposition.out': '移出一级（Alt ←）',
  'disposition.json': 'JSON 形式',
  'disposition.remove-one': '删除小结 {code}？',
  'disposition.remove-all': '删除小结 {code} 及其下 {below} 项？',
  remove: '删除',
  'confirm-remove': '确定永久删除 {key}？',
  'new-password': '重置密码',
  secret: '仅显示一次：',
  yes: '是',
};

export const adminWords: Words<AdminWord> = { en, zh };

export function useAdminWords(): Say<AdminWord> {
  return useWords(adminWords);
}

/** Most telling first: the whole path of this kind, then of any, then its last part, then that part in words. */
export function labelOf(language: Language, path: string, of?: string): string {
  const last = path.split('.').at(-1) ?? path;
  const found = labels[`${of}.${path}`] ?? labels[path] ?? labels[last];
  return found === undefined ? humanised(last) : found[language];
}

export function hintOf(language: Language, path: string, of: string): string | undefined {
  return (hints[`${of}.${path}`] ?? hints[path])?.[language];
}

/** A value that is one of few. */
export function optionOf(language: Language, path: string, value: string): string {
  const last = path.split('.').at(-1) ?? path;
  return (options[`${last}.${value}`] ?? options[value])?.[language] ?? value;
}

/** How a list shows a value. */
export function shownOf(language: Language, field: string, value: unknown): string {
  if (value === undefined || value === null || value === false) return '–';
  if (value === true) return adminWords[language].yes;
  if (typeof value === 'number') return /Ms$/.test(field) ? duration(value) : String(value);
  if (typeof value === 'string') return optionOf(language, field, value);
  if (Array.isArray(value)) return value.map((one) => shownOf(language, field, one)).join(', ') || '–';
  const given = value as Record<string, unknown>;
  if (typeof given.en === 'string' || typeof given.zh === 'string') return nameIn(language, given, '–');
  if (typeof given.kind === 'string') {
    const { kind, ...rest } = given;
    const [detail] = Object.values(rest);
    return [optionOf(language, `${field}.kind`, String(kind)), detail].filter((one) => one !== undefined).join(' ');
  }
  return Object.entries(given)
    .map(([key, one]) => `${key} ${String(one)}`)
    .join(', ');
}

/** `wrapUpLimitMs` → `Wrap up limit`. */
function humanised(name: string): string {
  const words = name
    .replace(/Ms$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
