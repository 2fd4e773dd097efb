// Why a value is not taken, in Chinese. English is the schema's own message.
import { z } from 'zod';

/** What the schemas of records and endpoints say in words of their own. */
const own: Readonly<Record<string, string>> = {
  'letters, digits, dot, dash and underscore, at most 64': '只能是字母、数字、点、短横线和下划线，最多 64 个',
  'letters, digits, space, dot, dash': '只能是字母、数字、空格、点和短横线',
  'lower-case letters, digits and dashes': '只能是小写字母、数字和短横线',
  'lower-case letters, digits and dashes, or * for all': '只能是小写字母、数字和短横线，或用 * 表示全部',
  'lower-case letters, digits and dashes, as in the file name': '只能是小写字母、数字和短横线，与文件名相同',
  'small letters, digits and dashes': '只能是小写字母、数字和短横线',
  'small letters, digits and dashes, at most 64': '只能是小写字母、数字和短横线，最多 64 个',
  'a SIP URI such as sip:gw.example:5060;transport=tcp': '应为 SIP URI，例如 sip:gw.example:5060;transport=tcp',
  'digits, with or without +': '应为数字，可带 +',
  digits: '应为数字',
  '0-9, *, #, A to D': '只能是 0-9、*、#、A 至 D',
  'at most 32 of 0-9, * and #': '最多 32 个，只能是 0-9、* 和 #',
  'a word such as wechat, webchat or mail': '应为渠道名，例如 wechat、webchat 或 mail',
  'digits, with + for E.164; empty for everything else': '应为数字，E.164 号码带 +；留空表示其余全部',
  'a number as the trunk delivers it, or E.164': '应为中继送来的号码，或 E.164 号码',
  '32 hexadecimal digits': '应为 32 位十六进制数',
  '64 hexadecimal digits': '应为 64 位十六进制数',
  'a time zone such as Asia/Shanghai': '应为时区，例如 Asia/Shanghai',
  'afterMs must rise': 'afterMs 必须逐级增大',
  'an http or https address; {number} {customer} {name} {interaction} {queue} {agent} {to} {language} after the host only':
    '应为 http 或 https 地址；{number} {customer} {name} {interaction} {queue} {agent} {to} {language} 只能在主机名之后',
  'not below warn': '不能低于警告值',
  'not above warn': '不能高于警告值',
  'an IP address, or a network such as 192.0.2.0/24': '应为 IP 地址或网段，例如 192.0.2.0/24',
  'two capital letters, ISO 3166': '应为两个大写字母（ISO 3166）',
  'is needed for a new user': '新用户必须填写',
  'either customer or identities': 'customer 与 identities 须填写其中之一',
  'at most 32 facts': '最多 32 项',
  'a text in en or zh': '须有英文或中文文本',
  'something to change': '没有任何要修改的内容',
  'a date such as 2026-03-29, or milliseconds since 1970 UTC':
    '应为日期，例如 2026-03-29，或自 1970 年（UTC）起的毫秒数',
  'a day such as 2026-01-05': '应为日期，例如 2026-01-05',
  'a time such as 90s, 30m, 2h or 3d': '应为时长，例如 90s、30m、2h 或 3d',
  'the name of an event': '应为事件名',
  'the id of every question must be its own': '每道题的编号不能重复',
  'names somebody twice': '有人被重复列出',
  'must be a time such as 09:00, up to 24:00': '应为时间，例如 09:00，最晚 24:00',
  'must be a date such as 2026-10-01': '应为日期，例如 2026-10-01',
  'is no day of the calendar': '不是日历上的日期',
};

/** Messages with something filled in. */
const counted: readonly (readonly [RegExp, string])[] = [
  [/^at most (\d+) levels$/, '最多 $1 层'],
  [/^at most (\d+) codes$/, '最多 $1 个代码'],
  [/^the code (.+) stands there twice$/, '代码 $1 重复'],
];

const kinds: Readonly<Record<string, string>> = {
  string: '文本',
  number: '数字',
  int: '整数',
  boolean: '是或否',
  object: '一组字段',
  record: '一组字段',
  array: '列表',
};

const zhCN = z.locales.zhCN().localeError;

/** The message of an issue in Chinese; in the schema's own words where there is no Chinese for them. */
export function reasonInChinese(issue: z.core.$ZodIssue): string {
  const words = Object.hasOwn(own, issue.message) ? own[issue.message] : undefined;
  if (words !== undefined) return words;
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return '必须填写';
      return `应为${kinds[issue.expected] ?? ` ${issue.expected}`}`;
    case 'too_small':
      return least(issue.origin, Number(issue.minimum), issue.inclusive ?? true);
    case 'too_big':
      return most(issue.origin, Number(issue.maximum), issue.inclusive ?? true);
    case 'unrecognized_keys':
      return `没有字段 ${issue.keys.map((key) => `“${key}”`).join('、')}`;
    case 'invalid_value':
      return `应为以下之一：${issue.values.map(String).join('、')}`;
    default:
      for (const [pattern, words] of counted)
        if (pattern.test(issue.message)) return issue.message.replace(pattern, words);
      // A message of the schema's own is better than a general one in Chinese.
      return /^Invalid\b/.test(issue.message)
        ? told(zhCN({ ...issue, input: issue.input } as z.core.$ZodRawIssue))
        : issue.message;
  }
}

function told(said: ReturnType<typeof zhCN>): string {
  return typeof said === 'string' ? said : (said?.message ?? '无效');
}

function least(origin: string, n: number, inclusive: boolean): string {
  if (origin === 'string') return n === 1 ? '不能为空' : `至少 ${n} 个字符`;
  if (origin === 'array' || origin === 'set') return n === 1 ? '不能为空' : `至少 ${n} 项`;
  return inclusive ? `不能小于 ${n}` : `必须大于 ${n}`;
}

function most(origin: string, n: number, inclusive: boolean): string {
  if (origin === 'string') return `最多 ${n} 个字符`;
  if (origin === 'array' || origin === 'set') return `最多 ${n} 项`;
  return inclusive ? `不能大于 ${n}` : `必须小于 ${n}`;
}
