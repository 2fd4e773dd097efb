// Failed answers in the language that the client asked for (Accept-Language). English is the registry's own sentence.
import type { Request } from 'express';
import type { Language, SwitchroomError } from '../../values/index.ts';
import { chinese as onPanels } from '../desk/index.ts';

/** Chinese for what can leave by the API beside what panels are told. */
export const chinese: Readonly<Record<string, string>> = {
  ...onPanels,
  'not-logged-in': '请先登录，或提供令牌。',
  'not-allowed': '此操作需要角色：{roles}。',
  'csrf-failed': '该请求不是来自本服务器的页面：{reason}。',
  'not-found': '不存在：{kind} {name}。',
  'no-such-endpoint': '没有接口 {method} {path}。请见 /api/docs。',
  'request-invalid': '请求有误（{part}）：{field}：{reason}。',
  'body-too-large': '请求内容超过 {limit}。',
  'body-not-json': '请求内容不是 JSON。',
  'content-type-unsupported': '请以 application/json 发送请求内容。',
  'flow-has-errors': '流程 {flow} 有 {count} 处错误，未保存；第一处：{first}',
  'range-not-satisfiable': '该录音共 {size} 字节。',
  'recording-not-there': '录音 {recording} 的音频不在此处。',
  'sip-trace-absent': '此处不保留 SIP 消息：sipTraceMegabytes 为 0，或由边缘之外的 SIP 服务器服务。',
  'too-many-streams': '打开的事件流过多（上限 {most}）。',
  'uploads-busy': '同时上传的附件过多，请在 {seconds} 秒后重试。',
  'channel-unknown': '没有数字渠道 {channel}。',
  'channel-disabled': '数字渠道 {channel} 已停用。',
  'conversation-unknown': '没有进行中的会话 {interaction}。',
  'conversation-not-yours': '座席 {agent} 不在会话 {interaction} 中。',
  'conversation-wrong-phase': '会话处于阶段 {phase}，此时不能执行该操作。',
  'conversation-not-offered': '现在没有以 {offer} 提供给座席 {agent} 的会话。',
  'conversation-open': '与该客户的会话正在那里进行：{interaction}。',
  'conversation-queue': '座席 {agent} 现在不能接受队列 {queue} 的会话。',
  'conversations-busy': '暂时无法接收消息，请在 {seconds} 秒后重新发送。',
  'window-closed': '客户上次来信已过久：在客户再次来信之前，平台不接受发给客户的消息。',
  'quota-spent': '已达到平台允许的消息数；客户再次来信后才能继续发送。',
  'message-unknown': '没有消息 {message}。',
  'message-not-pending': '消息 {message} 不在等待审核。',
  'message-content': '无法发送：{reason}。',
  'approval-own': '消息须由作者以外的人审核。',
  'number-missing': '不知道该客户的电话号码。',
  'transfer-to-number': '会话不能转接到电话号码。',
  'attachment-unknown': '没有附件 {attachment}。',
  'attachment-type': '不接收类型为 {mime} 的文件。',
  'attachment-too-large': '附件最多 {most} 字节。',
  'attachment-cut-off': '附件没有完整到达。',
  'canned-answers-many': '常用回复已有 {most} 条，不能再增加。',
  'canned-answer-unknown': '没有常用回复 {answer}。',
  'client-gone': '客户端已断开连接。',
  'internal-error': '服务器出现故障；日志中的请求编号为 {request}。',
  'invalid-field': '字段 {field} 有误：{reason}。',
  'unknown-reference': '字段 {field} 引用了不存在的 {kind} {name}。',
  'still-referenced': '无法删除 {kind} {name}：仍被 {by} 使用。',
  'directory-not-saved': '{kind} {name} 的更改未能保存；没有任何改动。',
  'login-failed': '账号或密码错误。',
  'login-locked': '登录失败次数过多，请在 {seconds} 秒后重试。',
  'login-busy': '同时登录的人过多，请稍后重试。',
  'password-weak': '密码强度不足：{reason}。',
  'code-needed': '密码正确；请再以 "code" 提供验证器应用中的验证码。',
  'code-wrong': '验证码错误或已使用过。',
  'second-factor-there': '已设置第二因素：请先移除。',
  'second-factor-not-begun': '请先开始设置第二因素；15 分钟后失效。',
  'second-factor-required': '您的角色必须使用第二因素；管理员可以重置。',
  'password-elsewhere': '此人通过其他系统（目录或单点登录）登录：密码须在那里更改。',
  'identity-taken': '该 {kind} 已属于另一位客户（{customer}）。',
  'customer-not-saved': '客户 {customer} 的更改未能保存；没有任何改动。',
  'import-refused': '未导入任何内容：{count} 行有误；第一处在第 {line} 行：{reason}',
  'person-unknown': '没有坐席 {agent} 可使用此账号。',
  'token-unknown': '没有令牌 {token}。',
  'token-connector': '渠道令牌属于连接器：至少要有一个渠道，且不能有角色或座席。',
  'token-powerless': '令牌至少需要一个角色，或连接器的渠道。',
  'read-failed': '读取 {what} 失败；原因见日志。',
  'read-too-slow': '读取 {what} 用时过长。请缩小范围：较短的时间，或单个队列。',
  'form-unknown': '没有评分表 {form} 的版本 {version}。',
  'answers-wrong': '评分与评分表不符：{reason}。',
  'evaluation-unknown': '没有评分 {evaluation}。',
  'evaluation-final': '评分 {evaluation} 已提交，不能再修改。',
  'evaluation-not-yours': '评分只能由评分人修改，由被评坐席答复。',
  'calibration-unknown': '没有校准 {calibration}。',
  'calibration-over': '校准 {calibration} 已结束。',
  'calibration-not-yours': '您不是校准 {calibration} 的评分人。',
  'article-unknown': '没有文章 {article}。',
  'callback-unknown': '没有回拨 {callback}。',
  'callback-window': '回拨时间不可行：{reason}。',
  'callback-number-many': '该号码已有 {count} 个未完成的回拨，已达上限。',
  'callback-person-many': '{person} 已有 {count} 个未完成的回拨，已达上限。',
  'callback-over': '回拨 {callback} 已结束或正在进行，不能取消。',
  'server-stopped': '服务器未运行，因此没有通话，也没有坐席在线。',
};

/** The language to answer a request in. */
export function languageOf(request: Request): Language {
  return request.acceptsLanguages('en', 'zh') === 'zh' ? 'zh' : 'en';
}

export function sentenceOf(error: SwitchroomError, language: Language): string {
  const text = language === 'zh' ? chinese[error.code] : undefined;
  if (text === undefined) return error.message;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(error.details[name] ?? `{${name}}`));
}
