// Public items, questions, indicators and approvals as the API gives them.
import type { Content } from '../../../connector/index.ts';
import type { SocialFigures, SocialState, StreamItem } from '../../../server/social/index.ts';

export type { SocialFigures, SocialState };

export interface SocialItem extends StreamItem {
  phase?: string;
  queue?: string;
  agent?: { id: string; name?: string };
}

export interface Problem {
  cluster: string;
  items: number;
  reach: number;
  tone: number;
  first: number;
  last: number;
  newer: number;
  older: number;
  trend: number[];
  open: number;
  examples: SocialItem[];
}

export interface Approval {
  message: string;
  interaction: string;
  via: string;
  at: number;
  writer: { id: string; name?: string };
  content: Content;
  state: string;
  name?: string;
  customer?: string;
  original?: { message: string; at: number; content: Content; kind?: StreamItem['kind']; reach?: number; url?: string };
  own: boolean;
  review?: { at: number; by: { id: string; name?: string }; approved: boolean; why?: string };
}

/** The same bounds as on the server (server/social/tone.ts). */
export function toneOf(score: number): 'positive' | 'neutral' | 'negative' {
  return Math.abs(score) < 0.12 ? 'neutral' : score > 0 ? 'positive' : 'negative';
}

export function textOf(content: Content): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'menu':
      return content.text;
    case 'media':
      return content.caption ?? content.attachment.name ?? content.attachment.mime;
    case 'link':
      return content.title ?? content.url;
    case 'location':
      return content.label ?? `${content.latitude}, ${content.longitude}`;
    case 'choice':
      return content.label ?? content.key;
    case 'template':
      return Object.values(content.values).join(' · ');
  }
}
