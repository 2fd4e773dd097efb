// Everything that the checkers of flows and moments say, in English and Chinese. English goes to the command line and the
// API's `sentence`; the panels say what `said` names in the language of whoever reads it.
import type { Language } from '../../values/index.ts';

/** A sentence by its name, with what is filled into its `{…}`; a value may be a piece of a sentence itself. */
export interface Said {
  say: SentenceName;
  values?: { [name: string]: string | number | Said };
}

export const sentences = {
  // JSON, by the names that jsonc-parser gives its errors.
  InvalidSymbol: {
    en: 'This is no JSON value: texts stand in "quotes", else only numbers, true, false and null.',
    zh: '这不是 JSON 值：文本须放在 "引号" 中，其余只能是数字、true、false 和 null。',
  },
  InvalidNumberFormat: { en: 'This is no number.', zh: '这不是数字。' },
  PropertyNameExpected: {
    en: 'A key in "quotes" is expected here; perhaps there is a comma too many before it.',
    zh: '此处应为带 "引号" 的键；前面可能多了一个逗号。',
  },
  ValueExpected: {
    en: 'A value is expected here; perhaps there is a comma too many before it.',
    zh: '此处应为值；前面可能多了一个逗号。',
  },
  ColonExpected: {
    en: 'A colon is expected here, between the key and its value.',
    zh: '此处的键与值之间应有冒号。',
  },
  CommaExpected: { en: 'A comma is missing before this.', zh: '此处之前缺少逗号。' },
  CloseBraceExpected: { en: 'A closing } is missing here.', zh: '此处缺少右花括号 }。' },
  CloseBracketExpected: { en: 'A closing ] is missing here.', zh: '此处缺少右方括号 ]。' },
  EndOfFileExpected: {
    en: 'The file should end here; perhaps there is a closing } too many before it.',
    zh: '文件应在此处结束；前面可能多了一个右花括号 }。',
  },
  InvalidCommentToken: {
    en: 'JSON has no comments; write a "note" instead.',
    zh: 'JSON 没有注释；请改用 "note"。',
  },
  UnexpectedEndOfComment: {
    en: 'JSON has no comments; write a "note" instead.',
    zh: 'JSON 没有注释；请改用 "note"。',
  },
  UnexpectedEndOfString: { en: 'The closing quote of this text is missing.', zh: '此文本缺少右引号。' },
  UnexpectedEndOfNumber: { en: 'This number is cut off.', zh: '此数字不完整。' },
  InvalidUnicode: { en: 'This \\u sequence is no character.', zh: '此 \\u 序列不是字符。' },
  InvalidEscapeCharacter: { en: 'There is no such \\ sequence in JSON.', zh: 'JSON 中没有这样的 \\ 转义。' },
  InvalidCharacter: {
    en: 'This character must not stand in a text; write \\n or \\t.',
    zh: '文本中不能有此字符；请写 \\n 或 \\t。',
  },
  'no-json': { en: 'This is no JSON.', zh: '这不是 JSON。' },
  'key-twice': {
    en: 'The key "{key}" stands twice here; only the last would count.',
    zh: '键 "{key}" 在此出现两次，只有最后一个会生效。',
  },

  // The shape of the file.
  'did-you-mean': { en: 'Did you mean "{name}"?', zh: '是否指 "{name}"？' },
  'it-takes': { en: 'It takes {names}.', zh: '可用的键：{names}。' },
  'it-is-one-of': { en: 'It is one of {names}.', zh: '可用的值：{names}。' },
  'key-unknown': { en: 'There is no key "{key}" here.', zh: '此处没有键 "{key}"。' },
  'key-missing': { en: 'The key "{key}" is missing.', zh: '缺少键 "{key}"。' },
  'key-missing-in': { en: 'The key "{key}" is missing in "{owner}".', zh: '"{owner}" 中缺少键 "{key}"。' },
  'the-file': { en: 'the file', zh: '文件' },
  quoted: { en: '"{name}"', zh: '"{name}"' },
  'must-be': { en: '{where} must be {kind}.', zh: '{where} 必须是{kind}。' },
  'kind-text': { en: 'a text in "quotes"', zh: '带 "引号" 的文本' },
  'kind-number': { en: 'a number', zh: '数字' },
  'kind-whole': { en: 'a whole number', zh: '整数' },
  'kind-boolean': { en: 'true or false', zh: ' true 或 false' },
  'kind-object': { en: 'an object { … }', zh: '对象 { … }' },
  'kind-list': { en: 'a list [ … ]', zh: '列表 [ … ]' },
  'kind-other': { en: '{kind}', zh: ' {kind}' },
  'kind-impossible': {
    en: '{where} is not of a kind that is possible here.',
    zh: '{where} 的类型在此处不可用。',
  },
  'type-missing': { en: 'The key "type" is missing.', zh: '缺少键 "type"。' },
  'type-missing-in': { en: 'The key "type" is missing in "{owner}".', zh: '"{owner}" 中缺少键 "type"。' },
  'type-unknown': { en: 'There is no type of node "{type}".', zh: '没有节点类型 "{type}"。' },
  'name-impossible': { en: 'The name {where} {reason}.', zh: '名称 {where} 无效：{reason}。' },
  'one-of': { en: '{where} must be one of {names}.', zh: '{where} 必须是以下之一：{names}。' },
  'format-wrong': { en: '{where}: {value} {reason}.', zh: '{where}：{value} 无效，{reason}。' },
  'not-empty': { en: '{where} must not be empty.', zh: '{where} 不能为空。' },
  'characters-least': { en: '{where} must have at least {n} characters.', zh: '{where} 至少要有 {n} 个字符。' },
  'characters-most': { en: '{where} must have at most {n} characters.', zh: '{where} 最多 {n} 个字符。' },
  'entries-least': { en: '{where} must have at least {n} entries.', zh: '{where} 至少要有 {n} 项。' },
  'entries-most': { en: '{where} must have at most {n} entries.', zh: '{where} 最多 {n} 项。' },
  'number-least': { en: '{where} must be at least {n}.', zh: '{where} 不能小于 {n}。' },
  'number-most': { en: '{where} must be at most {n}.', zh: '{where} 不能大于 {n}。' },
  'otherwise-wrong': { en: '{where}: {reason}.', zh: '{where}：{reason}。' },
  reason: { en: '{reason}', zh: '{reason}' },

  // Flows: nodes and ways.
  'flow-name-differs': {
    en: 'The flow is called "{name}", but its file "{file}".',
    zh: '流程名为 "{name}"，但文件名为 "{file}"。',
  },
  'node-unknown': { en: 'There is no node "{name}".', zh: '没有节点 "{name}"。' },
  'exit-missing': {
    en: 'The node "{node}" does not say where to go for "{exit}", and the flow has no "error" for it.',
    zh: '节点 "{node}" 没有说明 "{exit}" 时去往何处，流程也没有用于此的 "error"。',
  },
  'node-unreachable': { en: 'No way leads to the node "{name}".', zh: '没有任何路径通向节点 "{name}"。' },
  'loop-mute': {
    en: 'The flow goes round without ever asking the caller: {round}.',
    zh: '流程一直循环，从不询问来电者：{round}。',
  },
  'loop-closed': { en: 'Nothing leads out of this circle: {round}.', zh: '此循环没有出口：{round}。' },
  'loop-silent': {
    en: 'A caller who presses nothing goes round here until the step limit ends the call: {round}.',
    zh: '不按键的来电者会在此循环，直到步数上限结束通话：{round}。',
  },

  // Flows: names.
  'variable-declared': {
    en: '"{name}" is a variable of every call and cannot be declared.',
    zh: '"{name}" 是每通电话都有的变量，不能声明。',
  },
  'variable-set': {
    en: '"{name}" is a variable of every call and cannot be set.',
    zh: '"{name}" 是每通电话都有的变量，不能赋值。',
  },
  'variable-collected': {
    en: '"{name}" is a variable of every call and cannot be collected.',
    zh: '"{name}" 是每通电话都有的变量，不能用于收集按键。',
  },
  'variable-unknown': { en: 'Nothing sets the variable "{name}".', zh: '变量 "{name}" 从未被赋值。' },
  'declare-or-collect': {
    en: 'Declare it in "variables", or collect it.',
    zh: '请在 "variables" 中声明，或用 collect 收集。',
  },
  'secret-spoken': {
    en: '"{name}" is secret: it can be compared in a branch, but neither said nor shown nor passed on.',
    zh: '"{name}" 是保密变量：可在 branch 中比较，但不能播报、显示或传递。',
  },
  'zone-unknown': {
    en: 'There is no time zone "{zone}"; one is called such as "Asia/Shanghai".',
    zh: '没有时区 "{zone}"；时区名称形如 "Asia/Shanghai"。',
  },
  'min-over-max': { en: '"min" ({min}) is more than "max" ({max}).', zh: '"min"（{min}）大于 "max"（{max}）。' },
  'if-nothing': { en: 'The "if" asks nothing.', zh: '此 "if" 没有任何条件。' },
  'if-several': {
    en: 'The "if" asks several things ({names}); put them into "all" or "any".',
    zh: '此 "if" 含多个条件（{names}）；请放入 "all" 或 "any"。',
  },
  'operator-missing': {
    en: 'What about "{name}"? Beside "variable" stands one of {names}.',
    zh: '"{name}" 缺少比较方式：除 "variable" 外还须有以下之一：{names}。',
  },
  'operator-alone': { en: '"{name}" stands beside "variable" only.', zh: '"{name}" 只能与 "variable" 一起使用。' },
  'hours-unknown': {
    en: 'Neither the flow nor the site has hours "{name}".',
    zh: '流程和站点都没有营业时间 "{name}"。',
  },
  'queue-unknown': { en: 'There is no queue "{name}".', zh: '没有队列 "{name}"。' },
  'skill-unknown': { en: 'There is no skill "{name}".', zh: '没有技能 "{name}"。' },
  'agent-unknown': { en: 'There is no agent "{name}".', zh: '没有坐席 "{name}"。' },
  'flow-unknown': { en: 'There is no flow "{name}".', zh: '没有流程 "{name}"。' },
  'music-unknown': {
    en: 'There is no music "{name}": prompts/music/{name}.wav is missing.',
    zh: '没有音乐 "{name}"：缺少 prompts/music/{name}.wav。',
  },
  'transfer-target': {
    en: 'A transfer goes either "to" a number or to an "agent".',
    zh: '转接的目标是号码（"to"）或坐席（"agent"）之一。',
  },
  'result-unknown': {
    en: 'The flow "{flow}" never returns "{result}".',
    zh: '流程 "{flow}" 从不返回 "{result}"。',
  },
  'flow-circle': { en: 'Flows call each other in a circle: {round}.', zh: '流程相互循环调用：{round}。' },

  // Flows: prompts.
  english: { en: 'English', zh: '英文' },
  chinese: { en: 'Chinese', zh: '中文' },
  'prompt-empty': {
    en: 'This prompt says nothing: it takes a text per language, "file", "digits", "number" or "silence".',
    zh: '此提示语没有内容：应有各语言的文本、"file"、"digits"、"number" 或 "silence"。',
  },
  'prompt-several': {
    en: 'This prompt says several things; make a list of them.',
    zh: '此提示语含多项内容；请改为列表。',
  },
  'prompt-missing': {
    en: 'The prompt has no {language} text ("{code}").',
    zh: '提示语缺少{language}文本（"{code}"）。',
  },
  'prompt-variables': {
    en: 'A text with variables cannot be a recording ("{file}"): split it into a list of recordings, digits and numbers.',
    zh: '含变量的文本不能是录音（"{file}"）：请拆分为录音、digits 和 number 的列表。',
  },
  'recording-and-text-missing': {
    en: 'There is no {language} recording "{file}", and no text ("{code}") to synthesise.',
    zh: '没有{language}录音 "{file}"，也没有可合成的文本（"{code}"）。',
  },
  'recording-none': {
    en: 'The text has no recording, and no speech engine speaks {language}: the caller would hear nothing.',
    zh: '该文本没有录音，也没有语音引擎能播报{language}：来电者将听不到任何内容。',
  },
  'recording-missing': {
    en: 'There is no {language} recording "{file}", and no speech engine speaks {language}: the caller would hear nothing.',
    zh: '没有{language}录音 "{file}"，也没有语音引擎能播报{language}：来电者将听不到任何内容。',
  },

  // Moments.
  'moment-name-differs': {
    en: 'The moment is called "{name}", but its file "{file}".',
    zh: '时机规则名为 "{name}"，但文件名为 "{file}"。',
  },
  'within-long': { en: 'Events are remembered for 30 days at most.', zh: '事件最多保留 30 天。' },
  'within-short': {
    en: 'Nothing is noticed to be missing in less than a second.',
    zh: '不足一秒无法判断某事没有发生。',
  },
  'action-second': { en: 'There is a second {kind} here; only one can be.', zh: '此处有第二个 {kind}；只能有一个。' },
  'route-empty': { en: 'A route needs a queue or skills.', zh: 'route 需要队列或技能。' },
  'hint-late': {
    en: 'A hint that comes later is seen by nobody who has the contact.',
    zh: '稍后才出现的提示，正在处理联系的坐席看不到。',
  },
  'brace-open-missing': {
    en: 'A } stands here without a {; a brace as such is written }}.',
    zh: '此处的 } 没有对应的 {；花括号本身写作 }}。',
  },
  'brace-open': {
    en: 'A { is not closed; a brace as such is written {{.',
    zh: '有 { 没有闭合；花括号本身写作 {{。',
  },
  'placeholder-unknown': {
    en: 'There is no {placeholder}; there are {customer.name} and {event.…} with a fact of the event.',
    zh: '没有 {placeholder}；可用 {customer.name} 和带事件字段的 {event.…}。',
  },
  'placeholder-bare': {
    en: '{placeholder} needs what is said where it is not known: {example}.',
    zh: '{placeholder} 需要写明未知时的替代内容：{example}。',
  },
  'languages-differ': {
    en: 'The two languages do not put in the same: {names} in en, {others} in zh.',
    zh: '两种语言填入的内容不同：en 为 {names}，zh 为 {others}。',
  },
  'nothing-put-in': { en: 'nothing', zh: '无' },
  'fact-unknown': {
    en: 'What makes this moment fire is that time passed: {placeholder} is never known then.',
    zh: '此规则因时间经过而触发：届时 {placeholder} 始终未知。',
  },
} as const satisfies Record<string, Record<Language, string>>;

/** What the schemas say of a value in words of their own. */
export const reasons: Readonly<Record<string, string>> = {
  'must begin with a letter and hold only letters, digits, - and _ (at most 64)':
    '须以字母开头，只含字母、数字、- 和 _（最多 64 个）',
  'must be a time such as 09:00, up to 24:00': '应为时间，例如 09:00，最晚 24:00',
  'must be a date such as 2026-10-01': '应为日期，例如 2026-10-01',
  'is no day of the calendar': '不是日历上的日期',
  'must be the name of a recording without folder of the language and without .wav':
    '应为录音名，不含语言文件夹和 .wav',
  'must be one key: 0 to 9, * or #': '应为一个按键：0 至 9、* 或 #',
  'must be one key, or "" for none': '应为一个按键，或用 "" 表示没有',
  'must be a time with its zone, such as 2026-11-02T10:00+08:00': '应为带时区的时间，例如 2026-11-02T10:00+08:00',
  'must be keys: 0 to 9, * and #': '应为按键：0 至 9、* 和 #',
  'must be lower-case letters, digits and dashes': '只能是小写字母、数字和短横线',
  'must be the name of an event': '应为事件名',
  'must be a time such as 90s, 30m, 2h or 3d': '应为时长，例如 90s、30m、2h 或 3d',
  'must be letters, digits, space, dot, dash': '只能是字母、数字、空格、点和短横线',
  'needs a text in en or zh': '须有英文（en）或中文（zh）文本',
  'is not possible here': '此处不可用',
};

export type SentenceName = keyof typeof sentences;

/** The sentences one after the other; what is unknown here (a newer server said it) is left out. */
export function sentenceIn(language: Language, said: readonly Said[]): string {
  return said.map((one) => capital(filled(language, one))).join(language === 'en' ? ' ' : '');
}

function filled(language: Language, { say, values = {} }: Said): string {
  if (!Object.hasOwn(sentences, say)) return '';
  return sentences[say][language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    if (typeof value === 'object') return filled(language, value);
    const text = String(value);
    return say === 'reason' && language === 'zh' && Object.hasOwn(reasons, text) ? (reasons[text] ?? text) : text;
  });
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
