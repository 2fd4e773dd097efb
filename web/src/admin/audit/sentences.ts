// What an audited event says, as a sentence: who did what to what. Pure; every audited event has one in both languages (tested).
import type { Language } from '../../../../values/index.ts';

export interface AuditEntry {
  seq: number;
  at: number;
  type: string;
  by?: string;
  subject?: string;
  data: Record<string, unknown>;
}

/** A part of a sentence; a name is set off from the words around it. */
export interface Piece {
  text: string;
  name: boolean;
}

type Both = Record<Language, string>;

/** Records of the directory, as they stand in `directory.<kind>-put`. */
const kinds: Record<string, Both> = {
  agent: { en: 'the person', zh: '人员' },
  channel: { en: 'the digital channel', zh: '数字渠道' },
  'dial-rule': { en: 'the dial rule', zh: '拨号规则' },
  did: { en: 'the number', zh: '号码' },
  hours: { en: 'the opening hours', zh: '营业时间' },
  queue: { en: 'the queue', zh: '队列' },
  'sip-user': { en: 'the SIP phone', zh: ' SIP 话机' },
  skill: { en: 'the skill', zh: '技能' },
  trunk: { en: 'the trunk', zh: '中继' },
};

const directory: Record<'added' | 'changed' | 'removed', Both> = {
  added: { en: '{by} added {kind} {subject}', zh: '{by} 新增了{kind} {subject}' },
  changed: { en: '{by} changed {kind} {subject}', zh: '{by} 修改了{kind} {subject}' },
  removed: { en: '{by} removed {kind} {subject}', zh: '{by} 删除了{kind} {subject}' },
};

/** By event; what stands after a colon is what kind of that event (`variantOf`). */
const sentences: Record<string, Both> = {
  'account.logged-in': { en: '{by} logged in', zh: '{by} 登录' },
  'account.logged-out:asked': { en: '{by} logged out', zh: '{by} 退出登录' },
  'account.logged-out:password-changed': {
    en: '{subject} was logged out: the password was changed',
    zh: '{subject} 被退出登录：密码已更改',
  },
  'account.logged-out:second-factor-removed': {
    en: '{subject} was logged out: the second factor was removed',
    zh: '{subject} 被退出登录：第二因素已移除',
  },
  'account.logged-out:disabled': {
    en: '{subject} was logged out: the account was disabled',
    zh: '{subject} 被退出登录：账号已停用',
  },
  'account.login-refused': { en: 'A login was refused', zh: '一次登录被拒绝' },
  'account.login-refused:known': { en: 'A login of {subject} was refused', zh: '{subject} 的一次登录被拒绝' },
  'account.password-set': { en: '{by} set the password of {subject}', zh: '{by} 设置了 {subject} 的密码' },
  'account.password-set:own': { en: '{by} changed the own password', zh: '{by} 修改了自己的密码' },
  'account.recovery-code-used': {
    en: '{by} logged in with a recovery code; {left} are left',
    zh: '{by} 使用恢复代码登录，剩余 {left} 个',
  },
  'account.recovery-codes-renewed': {
    en: '{by} renewed the recovery codes of {subject}',
    zh: '{by} 重新生成了 {subject} 的恢复代码',
  },
  'account.recovery-codes-renewed:own': {
    en: '{by} renewed the own recovery codes',
    zh: '{by} 重新生成了自己的恢复代码',
  },
  'account.second-factor-set': {
    en: '{by} set up the second factor of {subject}',
    zh: '{by} 设置了 {subject} 的第二因素',
  },
  'account.second-factor-set:own': { en: '{by} set up a second factor', zh: '{by} 设置了自己的第二因素' },
  'account.second-factor-removed': {
    en: '{by} removed the second factor of {subject}',
    zh: '{by} 移除了 {subject} 的第二因素',
  },
  'account.second-factor-removed:own': { en: '{by} removed the own second factor', zh: '{by} 移除了自己的第二因素' },
  'account.token-created': { en: '{by} made the token {name}', zh: '{by} 创建了令牌 {name}' },
  'account.token-revoked': { en: '{by} revoked the token {subject}', zh: '{by} 吊销了令牌 {subject}' },
  'audit.acted': { en: '{by} did {act} by the API', zh: '{by} 通过 API 执行了 {act}' },
  'audit.acted:GET /interactions.csv': { en: '{by} downloaded contacts', zh: '{by} 下载了会话清单' },
  'audit.acted:GET /interactions.xlsx': { en: '{by} downloaded contacts', zh: '{by} 下载了会话清单' },
  'audit.acted:POST /conversations/:interaction/end': {
    en: '{by} ended the conversation {subject}',
    zh: '{by} 结束了会话 {subject}',
  },
  'audit.acted:POST /live/calls/:interaction/end': {
    en: '{by} ended the call {subject}',
    zh: '{by} 结束了通话 {subject}',
  },
  'audit.acted:POST /live/contacts/:interaction/move': {
    en: '{by} moved the waiting contact {subject} to {given}',
    zh: '{by} 将排队中的 {subject} 移至 {given}',
  },
  'audit.acted:PUT /audit/commands': { en: '{by} ran: {given}', zh: '{by} 执行了命令：{given}' },
  'canned-answer.put': { en: '{by} saved the canned answer {subject}', zh: '{by} 保存了常用回复 {subject}' },
  'canned-answer.removed': { en: '{by} removed the canned answer {subject}', zh: '{by} 删除了常用回复 {subject}' },
  'call.monitored:asked': {
    en: '{by} asked to be let into a talk of {agent} ({mode})',
    zh: '{by} 请求接入 {agent} 的通话（{mode}）',
  },
  'call.monitored:began': {
    en: '{by} came into a talk of {agent} ({mode})',
    zh: '{by} 接入了 {agent} 的通话（{mode}）',
  },
  'call.monitored:changed': {
    en: '{by} changed to {mode} in a talk of {agent}',
    zh: '{by} 在 {agent} 的通话中改为{mode}',
  },
  'call.monitored:took-over': { en: '{by} took over a talk of {agent}', zh: '{by} 接管了 {agent} 的通话' },
  'call.monitored:ended': { en: '{by} left a talk of {agent}', zh: '{by} 离开了 {agent} 的通话' },
  'customer.exported': {
    en: '{by} exported all about the customer {subject}',
    zh: '{by} 导出了客户 {subject} 的全部资料',
  },
  'customer.merged': {
    en: '{by} merged the customer {loser} into {subject}',
    zh: '{by} 将客户 {loser} 合并到 {subject}',
  },
  'customer.unmerged': {
    en: '{by} separated the customer {subject} from {from}',
    zh: '{by} 将客户 {subject} 从 {from} 拆分',
  },
  'customer.merge-suggestion-closed:merged': {
    en: '{by} decided that {subject} and {other} are one customer',
    zh: '{by} 确认 {subject} 与 {other} 为同一客户',
  },
  'customer.merge-suggestion-closed:dismissed': {
    en: '{by} decided that {subject} and {other} are two customers',
    zh: '{by} 确认 {subject} 与 {other} 不是同一客户',
  },
  'desk.state-forced:ready': { en: '{by} set {subject} ready', zh: '{by} 将 {subject} 置为就绪' },
  'desk.state-forced:not-ready': { en: '{by} set {subject} not ready', zh: '{by} 将 {subject} 置为未就绪' },
  'desk.state-forced:sign-out': { en: '{by} signed {subject} out', zh: '{by} 将 {subject} 签出' },
  'egress.log-large': {
    en: 'The egress log has {batches} batches in the database; at most {most} are meant to be',
    zh: '出站日志在数据库中已有 {batches} 个批次，上限为 {most}',
  },
  'egress.log-sealed': { en: 'The egress log of a day was sealed in {file}', zh: '一天的出站日志已封存于 {file}' },
  'egress.policy-changed': { en: 'Another egress policy is in force', zh: '新的出站策略已生效' },
  'flow.saved': { en: '{by} saved the flow {subject}', zh: '{by} 保存了流程 {subject}' },
  'journal.person-erased': {
    en: '{by} erased a person: {subjects}',
    zh: '{by} 抹除了个人数据：{subjects}',
  },
  'knowledge.article-put': { en: '{by} saved the article {subject}', zh: '{by} 保存了文章 {subject}' },
  'knowledge.article-rated:yes': {
    en: '{by} found the article {subject} helpful',
    zh: '{by} 认为文章 {subject} 有帮助',
  },
  'knowledge.article-rated:no': {
    en: '{by} found the article {subject} not helpful',
    zh: '{by} 认为文章 {subject} 没有帮助',
  },
  'knowledge.article-removed': { en: '{by} removed the article {subject}', zh: '{by} 删除了文章 {subject}' },
  'moment.removed': { en: '{by} removed the moment {subject}', zh: '{by} 删除了时机规则 {subject}' },
  'moment.saved': { en: '{by} saved the moment {subject}', zh: '{by} 保存了时机规则 {subject}' },
  'quality.calibration-closed': { en: '{by} closed the calibration {subject}', zh: '{by} 结束了校准 {subject}' },
  'quality.calibration-opened': {
    en: '{by} opened the calibration {subject} of {evaluators}',
    zh: '{by} 发起了校准 {subject}，评分人：{evaluators}',
  },
  'quality.evaluated:draft': {
    en: '{by} drafted the evaluation {subject} by the form {form}',
    zh: '{by} 按评分表 {form} 保存了评分草稿 {subject}',
  },
  'quality.evaluated:submitted': {
    en: '{by} submitted the evaluation {subject} by the form {form}: {score}',
    zh: '{by} 按评分表 {form} 提交了评分 {subject}：{score} 分',
  },
  'quality.evaluation-answered:yes': {
    en: '{by} agreed to the evaluation {subject}',
    zh: '{by} 认可了评分 {subject}',
  },
  'quality.evaluation-answered:no': {
    en: '{by} did not agree to the evaluation {subject}',
    zh: '{by} 不认可评分 {subject}',
  },
  'quality.form-put': {
    en: '{by} saved the evaluation form {subject} as version {version}',
    zh: '{by} 将评分表 {subject} 保存为版本 {version}',
  },
  'recording.listened': { en: '{by} listened to the recording {subject}', zh: '{by} 收听了录音 {subject}' },
  'retention.hold-placed': {
    en: '{by} placed the legal hold {hold} on {held}: {reason}',
    zh: '{by} 对 {held} 设置了法律保留 {hold}：{reason}',
  },
  'retention.hold-released': {
    en: '{by} released the legal hold {hold} on {held}',
    zh: '{by} 解除了对 {held} 的法律保留 {hold}',
  },
  'retention.removed': {
    en: '{count} of {what} were taken away by the rule {rule}',
    zh: '按规则 {rule} 清除了 {count} 项{what}',
  },
  'server.drain-began': { en: '{by} stopped new calls', zh: '{by} 停止接入新呼叫' },
  'server.drain-cancelled': { en: '{by} let new calls in again', zh: '{by} 恢复接入新呼叫' },
  'sip.messages-read:ladder': {
    en: '{by} looked at the SIP messages of {subject}',
    zh: '{by} 查看了 {subject} 的 SIP 消息',
  },
  'sip.messages-read:pcap': {
    en: '{by} downloaded the SIP messages of {subject}',
    zh: '{by} 下载了 {subject} 的 SIP 消息',
  },
  'uplink.settled': {
    en: '{by} let the restored site go on after event {after}',
    zh: '{by} 让恢复后的站点从事件 {after} 之后继续',
  },
};

const actors: Record<string, Both> = {
  '': { en: 'The system', zh: '系统' },
  setup: { en: 'The first start', zh: '初次启动' },
  local: { en: 'The command line', zh: '命令行' },
  ldap: { en: 'The directory (LDAP)', zh: '目录服务（LDAP）' },
  oidc: { en: 'Single sign-on', zh: '单点登录' },
};

const modes: Record<string, Both> = {
  listen: { en: 'listening', zh: '监听' },
  whisper: { en: 'whispering', zh: '耳语' },
  barge: { en: 'talking along', zh: '强插' },
};

const removed: Record<string, Both> = {
  recordings: { en: 'recordings', zh: '录音' },
  messages: { en: 'contacts’ messages', zh: '联系消息' },
  personal: { en: 'contacts’ personal data', zh: '联系中的个人数据' },
  interactions: { en: 'contacts', zh: '联系' },
};

/** The sentence of an entry in pieces; of an event without one (it came with a newer server) its name, with who and to what. */
export function sentenceOf(entry: AuditEntry, language: Language): Piece[] {
  const template =
    templateOf(entry)?.[language] ?? `{by}: ${entry.type}${entry.subject === undefined ? '' : ' → {subject}'}`;
  return template.split(/(\{\w+\})/).flatMap((text): Piece[] => {
    if (text === '') return [];
    if (!text.startsWith('{')) return [{ text, name: false }];
    return [pieceOf(text.slice(1, -1), entry, language)];
  });
}

/** Whether there are words for it. */
export function hasSentence(entry: AuditEntry): boolean {
  return templateOf(entry) !== undefined;
}

function templateOf(entry: AuditEntry): Both | undefined {
  const { type, data } = entry;
  const [, kind, change] = /^directory\.(.+)-(put|removed)$/.exec(type) ?? [];
  if (kind !== undefined) {
    if (!Object.hasOwn(kinds, kind)) return undefined;
    return directory[change === 'removed' ? 'removed' : data.before === undefined ? 'added' : 'changed'];
  }
  const variant = `${type}:${variantOf(entry)}`;
  const key = Object.hasOwn(sentences, variant) ? variant : type;
  return Object.hasOwn(sentences, key) ? sentences[key] : undefined;
}

/** What stands in the data and makes another sentence of it. */
function variantOf({ type, by, subject, data }: AuditEntry): string {
  switch (type) {
    case 'audit.acted':
      return String(data.what);
    case 'account.logged-out':
      return String(data.why);
    case 'account.login-refused':
      return subject === undefined ? '' : 'known';
    case 'call.monitored':
      return String(data.what);
    case 'customer.merge-suggestion-closed':
    case 'quality.evaluated':
      return String(data.state);
    case 'desk.state-forced':
      return String(data.to);
    case 'knowledge.article-rated':
      return data.helpful === true ? 'yes' : 'no';
    case 'quality.evaluation-answered':
      return data.agrees === true ? 'yes' : 'no';
    case 'sip.messages-read':
      return String(data.as);
    default:
      return by === subject ? 'own' : '';
  }
}

function pieceOf(field: string, { type, by = '', subject, data }: AuditEntry, language: Language): Piece {
  const plain = (both: Both | undefined, otherwise: unknown): Piece =>
    both === undefined ? { text: shown(otherwise), name: true } : { text: both[language], name: false };
  switch (field) {
    case 'by': {
      const actor = Object.hasOwn(actors, by) ? actors[by] : undefined;
      if (actor !== undefined) return { text: actor[language], name: true };
      const token = /^token:(.+)$/.exec(by)?.[1];
      return { text: token === undefined ? by : `${{ en: 'Token', zh: '令牌' }[language]} ${token}`, name: true };
    }
    case 'kind':
      return plain(kinds[/^directory\.(.+)-(?:put|removed)$/.exec(type)?.[1] ?? ''], data.kind);
    case 'mode':
      return plain(modes[String(data.mode)], data.mode);
    case 'what':
      return plain(removed[String(data.kind)], data.kind);
    case 'held':
      return { text: `${shown(data.kind)} ${shown(data.subject)}`, name: true };
    case 'act':
      return { text: [data.what, ...Object.values(Object(data.on) as object)].map(shown).join(' '), name: true };
    case 'given':
      return {
        text: Object.values(Object(data.with) as object)
          .map(shown)
          .join(' '),
        name: true,
      };
    case 'score':
      return { text: shown(Math.round(Number(data.score))), name: true };
    case 'subject':
    case 'agent':
      return { text: subject ?? '–', name: true };
    default:
      return { text: shown(data[field]), name: true };
  }
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '–';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
