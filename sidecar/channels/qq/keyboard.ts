// A menu as buttons below its text. QQ shows a keyboard only beneath Markdown (msg_type 2). A pressed button says its label as a
// message of the customer's: so it opens the window of replies as any message does, and nothing must be acknowledged within 5 s.
import type { Content } from '../../../connector/index.ts';
import type { JsonObject } from '../provider/index.ts';

type Menu = Extract<Content, { type: 'menu' }>;

const mostRows = 5;
/** Sends at once what it says, without the customer's own "send". */
const command = 2;
const everybody = 2;

/** Of POST …/messages. At most 25 buttons fit; a menu has at most 20. */
export function menuWithKeyboard({ text, choices }: Menu): JsonObject {
  const inRow = Math.ceil(choices.length / mostRows);
  const rows: JsonObject[] = [];
  for (let at = 0; at < choices.length; at += inRow) {
    rows.push({ buttons: choices.slice(at, at + inRow).map(({ label }, of) => button(String(at + of + 1), label)) });
  }
  return { msg_type: 2, markdown: { content: plainInMarkdown(text) }, keyboard: { content: { rows } } };
}

function button(id: string, label: string): JsonObject {
  return {
    id,
    render_data: { label, visited_label: label, style: 1 },
    action: { type: command, permission: { type: everybody }, data: label, enter: true, unsupport_tips: label },
  };
}

/** What a text says stays what it says: `card_number` is not half in italics. */
function plainInMarkdown(text: string): string {
  return text.replace(/[\\`*_~[\]#>|]/g, '\\$&');
}
