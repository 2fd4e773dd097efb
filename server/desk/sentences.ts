// Failed answers in the agent's language. English is the registry's own sentence; Chinese stands here, for every code
// that can reach a panel, whichever folder declared it.
import type { Language, SwitchroomError } from '../../values/index.ts';

export const chinese: Readonly<Record<string, string>> = {
  'desk-message-malformed': '无法理解该消息：{field}：{reason}。',
  'desk-command-unknown': '没有命令 {command}。',
  'desk-command-malformed': '命令 {command} 的字段 {field} 有误：{reason}。',
  'desk-hello-first': '连接的第一条消息必须是 hello 或 resume，且只能发送一次。',
  'desk-protocol-unsupported': '页面的协议版本为 {theirs}，服务器为 {ours}：请刷新页面。',
  'desk-too-fast': '操作过于频繁：每秒最多 {perSecond} 次。',
  'desk-no-agent': '此账号不是坐席，无法接待客户。',
  'desk-no-phones': '此服务器没有 WebRTC，页面不能当话机使用。',
  'desk-not-supervisor': '只有班长和管理员可以查看全部坐席。',
  'desk-contact-not-yours': '该会话已不在您的工作台上。',
  'desk-offer-over': '该来电邀请已结束。',
  'desk-closing': '服务器正在关闭。',
  'desk-failed': '服务器出现故障，操作未完成。详情已写入日志。',
  'reason-unknown': '没有名为 {reason} 的示忙原因。',
  'disposition-unknown': '队列 {queue} 没有名为 {disposition} 的小结。',
  'disposition-required': '该队列要求先选择小结，再结束话后处理。',
  'flow-not-for-detours': '不能从这里把客户转入流程 {flow}。',
  'agent-unknown': '没有坐席 {agent}。',
  'agent-not-signed-in': '您尚未签入。',
  'calls-draining': '服务器正在排空：不接受新通话。',
  'agent-phone-unreachable': '您的话机无法接通：请检查话机是否已注册。',
  'queue-unknown': '没有队列 {queue}。',
  'offer-unknown': '该来电邀请已结束。',
  'contact-unknown': '该会话已结束。',
  'contact-not-in-wrap-up': '该会话不在话后处理中。',
  'call-unknown': '该通话已结束。',
  'call-not-yours': '您不在该通话中。',
  'call-wrong-phase': '通话目前的状态不允许此操作。',
  'phone-cannot-auto-answer': '您的话机不支持自动应答：请在话机上接听。',
  'phone-not-panel': '您的话机不在页面里。',
  'phone-no-gateway': '此服务器没有 WebRTC，页面不能当话机使用。',
  'phone-elsewhere': '音频正在另一个页面上：可以接管过来。',
  'phone-not-connected': '此页面没有音频连接。',
  'phone-line-unknown': '话机上没有这个通话。',
  'media-sdp-rejected': '浏览器的音频参数无法使用：{reason}。',
  'media-no-ports': '没有空闲的媒体端口：{reason}。',
  'media-unavailable': '媒体服务暂时不可用：{reason}。',
  'media-failed': '媒体服务拒绝了此操作：{reason}。',
  'flow-unknown': '没有流程 {flow}。',
  'number-not-allowed': '不能拨打该号码：{why}。',
  'digits-invalid': '只能发送 0-9、*、#、A 至 D。',
  'call-too-many-parties': '一通电话最多可加入 {mostGuests} 方。',
  'party-there': '坐席 {agent} 已在该通话中。',
  'party-unknown': '该通话中没有这一方。',
  'phone-unreachable': '{who} 目前无法接通。',
  'park-full': '驻留位已满。',
  'park-slot-empty': '驻留位 {slot} 没有通话。',
  'agent-in-call': '您正在通话中。',
  'call-not-recorded': '该通话没有录音。',
  'contact-not-waiting': '该会话已在坐席处，只能由该坐席转接。',
  'wrap-up-limit': '话后处理时间不能再延长。',
  'not-ready-reason-missing': '示忙原因无效：{reason}。',
};

/** The error as one sentence. @param error anything thrown; what is not of the registry is not shown */
export function sentence(error: SwitchroomError, language: Language): string {
  const text = language === 'zh' ? chinese[error.code] : undefined;
  if (text === undefined) return error.message;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(error.details[name] ?? `{${name}}`));
}
