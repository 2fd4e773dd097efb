// Social care in figures: by channel and day of the site, for the reading worker. What they mean stands in docs/reports.md.
import { readJob } from '../journal/index.ts';

export interface SocialFigures {
  day: string;
  via: string;
  items: number;
  reach: number;
  engaged: number;
  positive: number;
  negative: number;
  answered: number;
  /** How many people could read it. */
  awareness: number;
  /** Likes, shares and comments for each thousand of them. */
  resonance: number | undefined;
  /** -1 (all angry) to 1 (all pleased). */
  satisfaction: number | undefined;
  /** Share of items that a person of ours answered. */
  engagement: number | undefined;
}

type Counts = Omit<SocialFigures, 'awareness' | 'resonance' | 'satisfaction' | 'engagement'>;

/** Days of the site, both inclusive. */
export interface SocialFiguresArgs {
  from: string;
  until: string;
}

// Neutral lies between; the same bounds as in tone.ts.
const counts = `SELECT day, via, count(*) AS items, sum(reach) AS reach, sum(engaged) AS engaged, sum(score >= 0.12) AS positive,
    sum(score <= -0.12) AS negative,
    sum(EXISTS (SELECT 1 FROM interactions WHERE id = interaction AND answered_at IS NOT NULL)
      OR EXISTS (SELECT 1 FROM messages m JOIN messages a ON a.via = m.via AND a.thread = m.thread AND a.number > m.number
        WHERE m.id = social_items.id AND a.author = 'agent' AND a.state IN ('waiting', 'sent', 'delivered', 'read')))
      AS answered
  FROM social_items WHERE day >= ? AND day <= ? GROUP BY day, via ORDER BY day, via`;

export const socialFigures = readJob(
  import.meta.url,
  'socialFigures',
  (database, { from, until }: SocialFiguresArgs): SocialFigures[] =>
    database
      .prepare<[string, string], Counts>(counts)
      .all(from, until)
      .map((day) => {
        const { items, reach, engaged, positive, negative, answered } = day;
        return {
          ...day,
          awareness: reach,
          resonance: reach === 0 ? undefined : (engaged / reach) * 1_000,
          satisfaction: items === 0 ? undefined : (positive - negative) / items,
          engagement: items === 0 ? undefined : answered / items,
        };
      }),
);
