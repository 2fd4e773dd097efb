// Why a contact went to whom, in sentences, from what was journaled when it was decided. Each has a code, so that others may
// say it in their own words.
import type { Language } from '../../values/index.ts';
import type { JournalEvent } from '../journal/index.ts';

export interface Explanation {
  at: number;
  /** `queued`, `offered`, `offer-ended`, `left`, `healed`. */
  code: string;
  sentence: string;
  details: Record<string, unknown>;
}

type Words = Record<string, string>;

interface Sentences {
  rules: Words;
  outcomes: Words;
  left: Words;
  queued(event: JournalEvent): string;
  offered(event: JournalEvent): string;
  'offer-ended'(event: JournalEvent): string;
  'queue-left'(event: JournalEvent): string;
  healed(event: JournalEvent): string;
}

const english: Sentences = {
  rules: {
    'longest-idle': 'was idle longest',
    'most-skilled': 'had the highest proficiency in what was asked for',
    'least-occupied': 'was least occupied',
    'round-robin': 'was next in turn',
    direct: 'was the agent it was meant for',
  },
  outcomes: {},
  left: {},
  queued: ({ data, queue }) =>
    `Entered queue ${queue} with priority ${data.priority}${asked(data.skills, ', asking for ', ', ')}${
      data.only ? `, for agent ${data.only} only` : ''
    }${data.not ? `, not back to agent ${data.not} at once` : ''}.`,
  offered: ({ data, agent }) => {
    const rule = english.rules[String(data.rule)] ?? String(data.rule);
    const ring = data.ring ? `, demands relaxed to ring ${data.ring}` : '';
    const how =
      data.by === 'contact'
        ? `of ${data.candidates} free agents she ${rule}`
        : `she became free, it came first among what she can serve, and she ${rule}`;
    return `Offered to agent ${agent} after ${seconds(data.waitedMs)} s: ${how}${ring}.`;
  },
  'offer-ended': ({ data, agent }) => `Agent ${agent}: ${data.outcome}.`,
  'queue-left': ({ data, queue }) => `Left queue ${queue} after ${seconds(data.waitMs)} s: ${data.why}.`,
  healed: ({ data }) => `The router said "${data.router}", the call said "${data.reality}"; corrected (${data.kind}).`,
};

const chinese: Sentences = {
  rules: {
    'longest-idle': '空闲时间最长',
    'most-skilled': '所需技能的熟练度最高',
    'least-occupied': '当前工作量最少',
    'round-robin': '按顺序轮到',
    direct: '是指定的坐席',
  },
  outcomes: {
    accepted: '已接听',
    declined: '已拒接',
    missed: '未接听',
    unreachable: '话机无法接通',
    withdrawn: '已收回',
  },
  left: {
    abandoned: '客户放弃',
    overflow: '等待超时',
    empty: '无可用坐席',
    closed: '非服务时间',
    full: '队列已满',
    removed: '队列已删除',
    flow: '流程将其带走',
    callback: '客户选择回拨',
    failed: '失败',
    moved: '转入其他队列',
  },
  queued: ({ data, queue }) =>
    `进入队列 ${queue}，优先级 ${data.priority}${asked(data.skills, '，要求技能 ', '、')}${
      data.only ? `，仅限坐席 ${data.only}` : ''
    }${data.not ? `，暂不退回坐席 ${data.not}` : ''}。`,
  offered: ({ data, agent }) => {
    const rule = chinese.rules[String(data.rule)] ?? String(data.rule);
    const ring = data.ring ? `，要求已放宽至第 ${data.ring} 级` : '';
    const how =
      data.by === 'contact'
        ? `在 ${data.candidates} 名空闲坐席中${rule}`
        : `该坐席空闲后，此联系在其可接待的联系中排在最前，且该坐席${rule}`;
    return `等待 ${seconds(data.waitedMs)} 秒后分配给坐席 ${agent}：${how}${ring}。`;
  },
  'offer-ended': ({ data, agent }) => `坐席 ${agent}：${chinese.outcomes[String(data.outcome)] ?? data.outcome}。`,
  'queue-left': ({ data, queue }) =>
    `等待 ${seconds(data.waitMs)} 秒后离开队列 ${queue}：${chinese.left[String(data.why)] ?? data.why}。`,
  healed: ({ data }) => `路由记录为“${data.router}”，实际通话为“${data.reality}”；已更正（${data.kind}）。`,
};

const codes: Record<string, [code: string, sentence: 'queued' | 'offered' | 'offer-ended' | 'queue-left' | 'healed']> =
  {
    'interaction.queued': ['queued', 'queued'],
    'routing.offer-made': ['offered', 'offered'],
    'interaction.offer-ended': ['offer-ended', 'offer-ended'],
    'interaction.queue-left': ['left', 'queue-left'],
    'routing.healed': ['healed', 'healed'],
  };

/** One sentence for each event that says something about where the contact went; others are left out. */
export function explanations(events: JournalEvent[], language: Language = 'en'): Explanation[] {
  const words = language === 'zh' ? chinese : english;
  return events.flatMap((event) => {
    const [code, sentence] = codes[event.type] ?? [];
    if (code === undefined || sentence === undefined) return [];
    return [{ at: event.at, code, sentence: words[sentence](event), details: { type: event.type, ...event.data } }];
  });
}

function asked(skills: unknown, before: string, between: string): string {
  if (!Array.isArray(skills) || skills.length === 0) return '';
  return before + skills.map(({ skill, least }) => `${skill} ≥ ${least}`).join(between);
}

function seconds(ms: unknown): string {
  return (Number(ms) / 1_000).toFixed(1);
}
