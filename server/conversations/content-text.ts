// What a message says as plain text: for lists, search and reports.
import type { Content } from '../../connector/index.ts';

export function textOf(content: Content): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'media':
      return [`[${content.attachment.kind}]`, content.caption ?? content.attachment.transcript ?? ''].join(' ').trim();
    case 'location':
      return `[location] ${content.label ?? `${content.latitude},${content.longitude}`}`;
    case 'link':
      return [content.title, content.url].filter(Boolean).join(' ');
    case 'menu':
      return [content.text, ...content.choices.map(({ key, label }) => (key === label ? label : `${key}. ${label}`))]
        .filter((line) => line !== '')
        .join('\n');
    case 'choice':
      return content.label ?? content.key;
    case 'template':
      return `[${content.template}] ${Object.values(content.values).join(' ')}`.trim();
  }
}

/** What a bot takes as input; undefined where there is no word in it. */
export function inputOf(content: Content): string | undefined {
  if (content.type === 'choice') return content.key;
  if (content.type === 'text') return content.text;
  if (content.type === 'media') return content.attachment.transcript ?? content.caption;
  return undefined;
}

/** Every attachment that it names. */
export function attachmentsOf(content: Content): string[] {
  if (content.type === 'media') return [content.attachment.id];
  return content.type === 'text' ? (content.attachments ?? []).map(({ id }) => id) : [];
}
