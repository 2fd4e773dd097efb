// The tenant's page: its sites and how far they are, and the queues of all of them. Made here, without a script.
import type { Millis } from '../values/index.ts';
import type { QueueFigures, Span } from './reports.ts';
import type { SiteRow } from './tenants.ts';

type Language = 'en' | 'zh';

const words = {
  en: {
    title: 'Switchroom cloud',
    token: 'Token',
    enter: 'Enter',
    wrong: 'This is no token of this tenant.',
    tooMany: 'Too many wrong tokens came from there. Try again in a minute.',
    sites: 'Sites',
    together: 'All sites together',
    queues: 'Queues by site',
    site: 'Site',
    has: 'Events here',
    heard: 'Last heard',
    lag: 'Behind the site by',
    state: 'State',
    fine: 'takes part',
    shut: 'kept out',
    halted: (common: string) =>
      `Waits for a decision: it was restored from an older backup, and has only up to event ${common} what is here. At the site: switchroom uplink settle`,
    setAside: (site: string) => `set aside: what ${site} lost when it was restored`,
    queue: 'Queue',
    channel: 'Channel',
    offered: 'Offered',
    answered: 'Answered',
    abandoned: 'Abandoned',
    level: 'In time',
    wait: 'Average wait',
    talk: 'Average talk',
    never: 'never',
    none: 'Nothing yet.',
    span: (from: string, to: string, seconds: number) => `From ${from} to ${to} (UTC); in time is within ${seconds} s.`,
  },
  zh: {
    title: 'Switchroom 云端',
    token: '令牌',
    enter: '进入',
    wrong: '该令牌不属于此租户。',
    tooMany: '错误次数过多，请一分钟后再试。',
    sites: '站点',
    together: '全部站点汇总',
    queues: '各站点队列',
    site: '站点',
    has: '已收事件',
    heard: '最近通信',
    lag: '落后站点',
    state: '状态',
    fine: '正常',
    shut: '已停用',
    halted: (common: string) =>
      `等待处理：该站点由较旧的备份恢复，与云端一致的最后事件为 ${common}。请在站点执行：switchroom uplink settle`,
    setAside: (site: string) => `另存：${site} 恢复时丢失的部分`,
    queue: '队列',
    channel: '渠道',
    offered: '进队',
    answered: '接听',
    abandoned: '放弃',
    level: '及时率',
    wait: '平均等待',
    talk: '平均通话',
    never: '从未',
    none: '暂无数据。',
    span: (from: string, to: string, seconds: number) => `${from} 至 ${to}（UTC）；${seconds} 秒内接听为及时。`,
  },
};

/** Addresses in the pages are relative, so that they hold behind a proxy, too. */
export function loginPage(language: Language, problem?: 'wrong' | 'tooMany'): string {
  const say = words[language];
  return page(
    language,
    `<form method="post" action="login" class="card">
<h1>${say.title}</h1>
${problem ? `<p role="alert" class="alert">${say[problem]}</p>` : ''}
<label for="token">${say.token}</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<button>${say.enter}</button>
</form>`,
  );
}

export interface Overview extends Span {
  tenant: string;
  sites: SiteRow[];
  queues: QueueFigures[];
  /** Of all sites. */
  together: QueueFigures[];
  now: Millis;
  withinMs: Millis;
}

export function overviewPage(language: Language, view: Overview): string {
  const say = words[language];
  const { sites, queues, together, now, from, to, withinMs } = view;
  const siteRows = sites.map((one) => [
    one.site,
    String(one.cursor),
    one.heard_at === null ? say.never : time(one.heard_at),
    one.event_at === null || one.heard_at === null ? '–' : seconds(Math.max(0, one.heard_at - one.event_at)),
    stateOf(one, language),
  ]);
  const figures = (one: QueueFigures): string[] => [
    one.queue ?? '–',
    one.channel,
    String(one.offered),
    String(one.answered),
    String(one.abandoned),
    one.offered === 0 ? '–' : `${Math.round((100 * one.inTime) / one.offered)} %`,
    one.averageWaitMs === null ? '–' : seconds(one.averageWaitMs),
    one.averageTalkMs === null ? '–' : seconds(one.averageTalkMs),
  ];
  const head = [say.queue, say.channel, say.offered, say.answered, say.abandoned, say.level, say.wait, say.talk];
  const bySite = queues.map((one) => [one.site ?? '–', ...figures(one)]);
  return page(
    language,
    `<header><h1>${say.title}</h1><p>${escaped(view.tenant)} · ${time(now)}</p></header>
<main>
<section><h2>${say.sites}</h2>${table([say.site, say.has, say.heard, say.lag, say.state], siteRows, say.none)}</section>
<section><h2>${say.together}</h2><p>${say.span(time(from), time(to), withinMs / 1_000)}</p>
${table(head, together.map(figures), say.none)}</section>
<section><h2>${say.queues}</h2>${table([say.site, ...head], bySite, say.none)}</section>
</main>`,
  );
}

function stateOf({ disabled, halted_at, halted_after, settled_from }: SiteRow, language: Language): string {
  const say = words[language];
  if (settled_from !== null) return say.setAside(settled_from);
  if (halted_at !== null) return say.halted(String(halted_after ?? '?'));
  return disabled ? say.shut : say.fine;
}

function table(head: string[], rows: string[][], none: string): string {
  if (rows.length === 0) return `<p class="none">${none}</p>`;
  const cells = (row: string[]) => row.map((cell) => `<td>${escaped(cell)}</td>`).join('');
  const titles = head.map((cell) => `<th scope="col">${cell}</th>`).join('');
  return `<table><thead><tr>${titles}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table>`;
}

function page(language: Language, body: string): string {
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${words[language].title}</title><link rel="stylesheet" href="../../style.css"></head><body>${body}</body></html>`;
}

function time(at: Millis): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
