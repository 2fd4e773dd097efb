// Words by which a customer wants no more messages, or wants them again. Whether that is obeyed, and for what, the server says.

// No single N, R or "cancel": a customer may say that to a question of ours. Channels add what their texts promise.
const outWords = ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'TD', 'T', '退订', '退定', '取消订阅', '拒收'];
const inWords = ['START', 'UNSTOP', '恢复', '订阅', '恢复订阅'];

/** @param more words of this channel, besides the usual ones @returns what the whole text asks for; more words beside it: nothing */
export function optOutOf(text: string, more: readonly string[] = []): 'opt-out' | 'opt-in' | undefined {
  const said = text
    .normalize('NFKC')
    .replace(/[\s"'“”‘’「」【】[\]().。!！,，;；:：-]+/g, '')
    .toUpperCase();
  if (said === '' || said.length > 20) return undefined;
  if (outWords.includes(said) || more.some((word) => word.normalize('NFKC').toUpperCase() === said)) return 'opt-out';
  return inWords.includes(said) ? 'opt-in' : undefined;
}
