// Social care in figures: by channel and day of the site, for the reading worker. What they mean stands in docs/reports.md.
import { readJob } from '../journal/index.ts';
import { scoped } from './stream-rows.ts';

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

export interface SocialFiguresArgs {
  site: string;
  /** Only what is of this team, or of none. */
  servedTeam?: string | undefined;
  /** Days of the site, both inclusive. */
  from: string;
  until: string;
}

// Neutral lies between; the same bounds as in tone.ts.
const counts = `SELECT day, i.via, count(*) AS items, sum(reach) AS reach, sum(engaged) AS engaged,
    sum(score >= 0.12) AS positive, sum(score <= -0.12) AS negative,
    sum(EXISTS (SELECT 1 FROM interactions WHERE id = i.interaction AND answered_at IS NOT NULL)
      OR EXISTS (SELECT 1 FROM messages m JOIN messages a ON a.via = m.via AND a.thread = m.thread AND a.number > m.number
        WHERE m.id = i.id AND a.author = 'agent' AND a.state IN ('waiting', 'sent', 'delivered', 'read')))
      AS answered
  FROM social_items i LEFT JOIN conversations c ON c.interaction = i.interaction`;

export const socialFigures = readJob(
  import.meta.url,
  'socialFigures',
  (database, { site, servedTeam, from, until }: SocialFiguresArgs): SocialFigures[] => {
    const { where, values } = scoped(site, servedTeam);
    const of = [...where, 'day >= ?', 'day <= ?'].join(' AND ');
    return database
      .prepare<(string | number)[], Counts>(`${counts} WHERE ${of} GROUP BY day, i.via ORDER BY day, i.via`)
      .all(...values, from, until)
      .map((day) => {
        const { items, reach, engaged, positive, negative, answered } = day;
        return {
          ...day,
          awareness: reach,
          resonance: reach === 0 ? undefined : (engaged / reach) * 1_000,
          satisfaction: items === 0 ? undefined : (positive - negative) / items,
          engagement: items === 0 ? undefined : answered / items,
        };
      });
  },
);
