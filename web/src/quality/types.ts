// Evaluations as the API shows them.
import type { Answers, FormBody, Spread } from '../../../server/quality/index.ts';

export type EvaluationForm = FormBody & { id: string; version: number; at: number; by: string };
export type { Answers, Spread };

export interface Evaluation {
  id: string;
  form: string;
  version: number;
  interaction: string;
  agent: string;
  evaluator: string;
  at: number;
  /** `answered`: the agent has seen it. */
  state: 'draft' | 'submitted' | 'answered';
  calibration?: string;
  answers: Answers;
  score: { total: number; sections: Record<string, number | null>; knockout?: string };
  comment?: string;
  agrees?: boolean;
  reply?: string;
}

export interface Calibration {
  id: string;
  form: string;
  version: number;
  interaction: string;
  agent: string;
  evaluators: string[];
  state: 'open' | 'closed';
  at: number;
  by: string;
}

export interface CalibrationResult extends Calibration {
  submitted: string[];
  total?: Spread;
  questions?: Record<string, Spread>;
  evaluations?: Evaluation[];
}
