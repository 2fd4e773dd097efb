// A rule in plain words, in English and Chinese, made from its JSON: when, if, then, and how it holds back. Pure.
import type { Action, Condition, Moment } from '../../../server/moments/schema.ts';
import type { Language } from '../../../values/index.ts';

export interface RuleInWords {
  /** What must happen. */
  when: string;
  /** Tags that she must have or not have; absent where none are asked for. */
  only?: string;
  /** What is done, in order. */
  does: string[];
  /** How late it may act, how often, and before whom. */
  holds: string;
}

/** @param queueName what people call a queue */
export function ruleInWords(rule: Moment, language: Language, queueName: (queue: string) => string): RuleInWords {
  return language === 'zh' ? inChinese(rule, queueName) : inEnglish(rule, queueName);
}

const units = { s: ['second', '秒'], m: ['minute', '分钟'], h: ['hour', '小时'], d: ['day', '天'] } as const;

/** `90s` → `90 seconds`. */
export function timeInWords(time: string, language: Language): string {
  const count = Number(time.slice(0, -1));
  const [en, zh] = units[time.slice(-1) as keyof typeof units] ?? ['', ''];
  return language === 'zh' ? `${count} ${zh}` : `${count} ${en}${count === 1 ? '' : 's'}`;
}

const events: Record<string, Record<Language, string>> = {
  'interaction.started': { en: 'a contact with her begins', zh: '与客户的联系开始' },
  'interaction.queued': { en: 'her contact waits in a queue', zh: '客户的联系进入队列等待' },
  'interaction.answered': { en: 'an agent takes her contact', zh: '坐席接起客户的联系' },
  'interaction.ended': { en: 'a contact with her ends', zh: '与客户的联系结束' },
  'message.received': { en: 'she writes', zh: '客户发来消息' },
  'message.delivered': { en: 'a message comes to her', zh: '消息送达客户' },
  'conversation.follow': { en: 'she follows us', zh: '客户关注我们' },
  'conversation.unfollow': { en: 'she follows us no more', zh: '客户取消关注' },
  'conversation.opt-out': { en: 'she wants no more messages', zh: '客户拒收消息' },
  'tag.set': { en: 'she gets a tag', zh: '客户被打上标签' },
  'tag.removed': { en: 'a tag of hers is taken off', zh: '客户的标签被移除' },
};

/** Names of events that the product itself tells of. */
export const ownEvents: readonly string[] = Object.keys(events);

export function eventInWords(event: string, language: Language): string {
  return events[event]?.[language] ?? (language === 'zh' ? `发生“${event}”` : `“${event}” happens`);
}

interface Step {
  event: string;
  where?: Record<string, Condition> | undefined;
  count?: number | undefined;
}

function quoted(value: unknown, language: Language): string {
  if (typeof value === 'boolean') return language === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no';
  return String(value);
}

/** `sum is at least 150`. */
export function conditionInWords(field: string, condition: Condition, language: Language): string {
  const say = (value: unknown) => quoted(value, language);
  if (typeof condition !== 'object')
    return language === 'zh' ? `${field} 为 ${say(condition)}` : `${field} is ${say(condition)}`;
  const { is, not, least, most, contains } = condition;
  const parts: string[] = [];
  const add = (value: unknown, en: string, zh: string) => {
    if (value !== undefined)
      parts.push(language === 'zh' ? `${field} ${zh} ${say(value)}` : `${field} ${en} ${say(value)}`);
  };
  add(is, 'is', '为');
  add(not, 'is not', '不为');
  add(least, 'is at least', '不小于');
  add(most, 'is at most', '不大于');
  if (condition.in !== undefined) {
    const list = condition.in.map(say);
    parts.push(language === 'zh' ? `${field} 为 ${list.join('、')} 之一` : `${field} is one of ${list.join(', ')}`);
  }
  add(contains === undefined ? undefined : language === 'zh' ? `“${contains}”` : `“${contains}”`, 'contains', '包含');
  return parts.join(language === 'zh' ? '，' : ' and ');
}

function stepInWords({ event, where, count }: Step, language: Language): string {
  const base = eventInWords(event, language);
  const facts = Object.entries(where ?? {}).map(([field, condition]) => conditionInWords(field, condition, language));
  if (language === 'zh') {
    const times = count === undefined || count === 1 ? '' : ` ${count} 次`;
    return `${base}${times}${facts.length === 0 ? '' : `（${facts.join('，')}）`}`;
  }
  const times = count === undefined || count === 1 ? '' : count === 2 ? ' twice' : ` ${count} times`;
  return `${base}${times}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

function inEnglish(rule: Moment, queueName: (queue: string) => string): RuleInWords {
  const { when } = rule;
  const step = (one: Step) => stepInWords(one, 'en');
  const time = (text: string) => timeInWords(text, 'en');
  let what: string;
  if ('sequence' in when) what = `When ${when.sequence.map(step).join(', then ')}, all within ${time(when.within)}`;
  else if ('without' in when)
    what = `When ${step(when)}, and it does not follow within ${time(when.within)} that ${step(when.without)}`;
  else if ('count' in when) what = `When ${step(when)} within ${time(when.within)}`;
  else what = `When ${step(when)}`;
  const { tags = [], notTags = [] } = rule.if ?? {};
  const list = (names: string[], last: string) => names.map((one) => `“${one}”`).join(` ${last} `);
  const only = [
    ...(tags.length > 0 ? [`she has the tag ${list(tags, 'and')}`] : []),
    ...(notTags.length > 0 ? [`she has not the tag ${list(notTags, 'or')}`] : []),
  ].join(', and ');
  const within = { seconds: '30 seconds', minutes: '10 minutes', later: 'a day' }[rule.class];
  return {
    when: what,
    ...(only === '' ? {} : { only: `if ${only}` }),
    does: rule.do.map((action) => englishAction(action, queueName, time)),
    holds: `It acts within ${within} or not at all, and not for the same customer again for ${time(rule.again)}. For ${time(
      rule.owns,
    )} it goes before moments of a rank below ${rule.rank}.`,
  };
}

/** What one action does. */
export function actionInWords(action: Action, language: Language, queueName: (queue: string) => string): string {
  const time = (text: string) => timeInWords(text, language);
  return language === 'zh' ? chineseAction(action, queueName, time) : englishAction(action, queueName, time);
}

function englishAction(action: Action, queueName: (queue: string) => string, time: (text: string) => string): string {
  if ('tag' in action) return `tag her “${action.tag}” for ${time(action.for)}`;
  if ('priority' in action) return `give her contact the priority ${action.priority}`;
  if ('route' in action) {
    const { queue, skills = {} } = action.route;
    const asked = Object.entries(skills).map(([skill, least]) => `${skill} ${least}`);
    return [
      ...(queue === undefined ? [] : [`send her contact to ${queueName(queue)}`]),
      ...(asked.length === 0 ? [] : [`ask for the skills ${asked.join(', ')}`]),
    ].join(' and ');
  }
  if ('hint' in action) return `tell the agent: “${action.hint.en ?? action.hint.zh ?? ''}”`;
  if ('message' in action) {
    const by = action.channels === undefined ? '' : ` on ${action.channels.join(' or ')}`;
    return `write to her${by}: “${action.message.en ?? action.message.zh ?? ''}”`;
  }
  if ('callback' in action) {
    const { queue, in: wait } = action.callback;
    return `have an agent of ${queueName(queue)} call her${wait === undefined ? ' at once' : ` after ${time(wait)}`}`;
  }
  return `signal “${action.signal}” to other programs`;
}

function inChinese(rule: Moment, queueName: (queue: string) => string): RuleInWords {
  const { when } = rule;
  const step = (one: Step) => stepInWords(one, 'zh');
  const time = (text: string) => timeInWords(text, 'zh');
  let what: string;
  if ('sequence' in when) what = `当 ${time(when.within)}内先后${when.sequence.map(step).join('，然后')}`;
  else if ('without' in when) what = `当${step(when)}，且 ${time(when.within)}内没有${step(when.without)}`;
  else if ('count' in when) what = `当 ${time(when.within)}内${step(when)}`;
  else what = `当${step(when)}`;
  const { tags = [], notTags = [] } = rule.if ?? {};
  const list = (names: string[]) => names.map((one) => `“${one}”`).join('、');
  const only = [
    ...(tags.length > 0 ? [`客户有标签${list(tags)}`] : []),
    ...(notTags.length > 0 ? [`没有标签${list(notTags)}`] : []),
  ].join('，且');
  const within = { seconds: '30 秒', minutes: '10 分钟', later: '一天' }[rule.class];
  return {
    when: what,
    ...(only === '' ? {} : { only: `条件：${only}` }),
    does: rule.do.map((action) => chineseAction(action, queueName, time)),
    holds: `须在 ${within}内执行，否则放弃；同一客户 ${time(rule.again)}内不再触发。${time(rule.owns)}内优先于级别低于 ${rule.rank} 的规则。`,
  };
}

function chineseAction(action: Action, queueName: (queue: string) => string, time: (text: string) => string): string {
  if ('tag' in action) return `打上标签“${action.tag}”，保留 ${time(action.for)}`;
  if ('priority' in action) return `将其联系的优先级设为 ${action.priority}`;
  if ('route' in action) {
    const { queue, skills = {} } = action.route;
    const asked = Object.entries(skills).map(([skill, least]) => `${skill} ${least}`);
    return [
      ...(queue === undefined ? [] : [`将其联系转到${queueName(queue)}`]),
      ...(asked.length === 0 ? [] : [`要求技能 ${asked.join('、')}`]),
    ].join('，');
  }
  if ('hint' in action) return `提示坐席：“${action.hint.zh ?? action.hint.en ?? ''}”`;
  if ('message' in action) {
    const by = action.channels === undefined ? '' : `（限 ${action.channels.join('、')}）`;
    return `给客户发消息${by}：“${action.message.zh ?? action.message.en ?? ''}”`;
  }
  if ('callback' in action) {
    const { queue, in: wait } = action.callback;
    return `由${queueName(queue)}的坐席${wait === undefined ? '立即' : `在 ${time(wait)}后`}回电`;
  }
  return `向其他程序发出信号“${action.signal}”`;
}
