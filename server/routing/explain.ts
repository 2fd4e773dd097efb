// Why a contact went to whom, in sentences, from what was journaled when it was decided.
import type { JournalEvent } from '../journal/index.ts';

export interface Explanation {
  at: number;
  sentence: string;
  details: Record<string, unknown>;
}

const rules: Record<string, string> = {
  'longest-idle': 'was idle longest',
  'most-skilled': 'had the highest proficiency in what was asked for',
  'least-occupied': 'was least occupied',
  'round-robin': 'was next in turn',
  direct: 'was the agent it was meant for',
};

/** One sentence for each event that says something about where the contact went; others are left out. */
export function explanations(events: JournalEvent[]): Explanation[] {
  const found: Explanation[] = [];
  for (const event of events) {
    const sentence = sentenceOf(event);
    if (sentence) found.push({ at: event.at, sentence, details: { type: event.type, ...event.data } });
  }
  return found;
}

function sentenceOf({ type, data, agent, queue }: JournalEvent): string | undefined {
  switch (type) {
    case 'interaction.queued':
      return `Entered queue ${queue} with priority ${data.priority}${demands(data.skills)}${
        data.only ? `, for agent ${data.only} only` : ''
      }.`;
    case 'routing.offer-made': {
      const rule = rules[String(data.rule)] ?? String(data.rule);
      const ring = data.ring ? `, demands relaxed to ring ${data.ring}` : '';
      const how =
        data.by === 'contact'
          ? `of ${data.candidates} free agents she ${rule}`
          : `she became free, it came first among what she can serve, and she ${rule}`;
      return `Offered to agent ${agent} after ${seconds(data.waitedMs)} s: ${how}${ring}.`;
    }
    case 'interaction.offer-ended':
      return `Agent ${agent}: ${data.outcome}.`;
    case 'interaction.queue-left':
      return `Left queue ${queue} after ${seconds(data.waitMs)} s: ${data.why}.`;
    case 'routing.healed':
      return `The router said "${data.router}", the call said "${data.reality}"; corrected (${data.kind}).`;
    default:
      return undefined;
  }
}

function demands(skills: unknown): string {
  if (!Array.isArray(skills) || skills.length === 0) return '';
  return `, asking for ${skills.map(({ skill, least }) => `${skill} ≥ ${least}`).join(', ')}`;
}

function seconds(ms: unknown): string {
  return (Number(ms) / 1_000).toFixed(1);
}
