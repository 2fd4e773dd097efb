// Evaluations of agents' contacts: forms in versions, scores, the agent's answer, and calibration of evaluators.
import type { Database } from 'better-sqlite3';
import { type AgentId, type Clock, type InteractionId, type Millis, newId, oneByOne } from '../../values/index.ts';
import { type Journal, type NewEvent, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { calibrationClosed, calibrationOpened, evaluated, evaluationAnswered, formPut } from './events.ts';
import type { FormBody } from './forms.ts';
import { type Answers, type Score, type Spread, scoreOf, spreadOf, wrongAnswers } from './score.ts';

export interface Form extends FormBody {
  id: string;
  version: number;
  site: string;
  at: Millis;
  by: string;
}

export interface Evaluation {
  id: string;
  site: string;
  team?: string | undefined;
  form: string;
  version: number;
  interaction: InteractionId;
  agent: AgentId;
  evaluator: string;
  at: Millis;
  /** `answered`: the agent has seen it. */
  state: 'draft' | 'submitted' | 'answered';
  calibration?: string | undefined;
  answers: Answers;
  score: Score;
  comment?: string | undefined;
  agrees?: boolean | undefined;
  reply?: string | undefined;
}

export interface Calibration {
  id: string;
  site: string;
  team?: string | undefined;
  form: string;
  version: number;
  interaction: InteractionId;
  agent: AgentId;
  evaluators: string[];
  state: 'open' | 'closed';
  at: Millis;
  by: string;
}

export interface CalibrationResult extends Calibration {
  /** Who has submitted. */
  submitted: string[];
  /** Once it is closed. */
  total?: Spread | undefined;
  questions?: Record<string, Spread> | undefined;
  evaluations?: Evaluation[] | undefined;
}

export interface EvaluationFilter {
  site: string;
  servedTeam?: string | undefined;
  agent?: AgentId | undefined;
  evaluator?: string | undefined;
  interaction?: InteractionId | undefined;
  form?: string | undefined;
  calibration?: string | undefined;
  since?: Millis | undefined;
  until?: Millis | undefined;
  /** Without drafts and calibrations: what the agent may see. */
  shownToAgent?: boolean | undefined;
  limit: number;
}

/** What is said of an evaluation when it is made or changed. */
export interface Judgement {
  form: string;
  version?: number | undefined;
  interaction: InteractionId;
  agent: AgentId;
  team?: string | undefined;
  answers: Answers;
  comment?: string | undefined;
  draft?: boolean | undefined;
  calibration?: string | undefined;
}

type Row = { data: string };

export interface QualityOptions {
  database: Database;
  journal: Journal;
  clock: Clock;
  site: string;
}

export class Quality {
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #site: string;
  /** Each change looks at what the one before wrote. */
  readonly #inTurn = oneByOne();

  constructor({ database, journal, clock, site }: QualityOptions) {
    this.#database = database;
    this.#journal = journal;
    this.#clock = clock;
    this.#site = site;
  }

  /** The newest version of each form. */
  forms(): Form[] {
    return this.#database
      .prepare<[], Row>(
        `SELECT data FROM evaluation_forms AS f
         WHERE version = (SELECT max(version) FROM evaluation_forms WHERE id = f.id) ORDER BY id`,
      )
      .all()
      .map(parse<Form>);
  }

  /** @param version default: the newest. @throws form-unknown */
  form(id: string, version?: number): Form {
    const row = this.#database
      .prepare<[string, number | null, number | null], Row>(
        'SELECT data FROM evaluation_forms WHERE id = ? AND (? IS NULL OR version = ?) ORDER BY version DESC LIMIT 1',
      )
      .get(id, version ?? null, version ?? null);
    if (!row) throw failed['form-unknown']({ form: id, version: version ?? 'any' });
    return parse<Form>(row);
  }

  /**
   * A changed form is a new version; evaluations keep the one that they were made by.
   * @param replaces looks at what it takes the place of, and may throw
   */
  putForm(id: string, body: FormBody, by: string, replaces?: (before: Form | undefined) => void): Promise<Form> {
    return this.#inTurn(async () => {
      const before = this.forms().find((form) => form.id === id);
      replaces?.(before);
      const form: Form = {
        ...body,
        id,
        version: (before?.version ?? 0) + 1,
        site: this.#site,
        at: this.#clock.now(),
        by,
      };
      if (before && same(before, form)) return before;
      const { version } = form;
      const event = newEvent(formPut, form.at, { form: id, version, by, record: { ...body } }, { team: body.team });
      await this.#append(event, () =>
        this.#database
          .prepare('INSERT INTO evaluation_forms (id, version, data) VALUES (?, ?, ?)')
          .run(id, version, JSON.stringify(form)),
      );
      return form;
    });
  }

  /** @throws form-unknown, answers-wrong, calibration-unknown, calibration-over, calibration-not-yours */
  evaluate(given: Judgement, evaluator: string): Promise<Evaluation> {
    return this.#inTurn(async () => {
      const calibration = given.calibration === undefined ? undefined : this.#openFor(given.calibration, evaluator);
      const about = calibration ?? given;
      const { answers, comment, draft = false } = given;
      const form = this.form(about.form, about.version);
      const before =
        calibration && this.list({ site: this.#site, calibration: calibration.id, evaluator, limit: 1 })[0];
      if (before && before.state !== 'draft') throw failed['evaluation-final']({ evaluation: before.id });
      const evaluation: Evaluation = {
        id: before?.id ?? newId('evl'),
        site: this.#site,
        team: about.team,
        form: form.id,
        version: form.version,
        interaction: about.interaction,
        agent: about.agent,
        evaluator,
        at: this.#clock.now(),
        state: draft ? 'draft' : 'submitted',
        calibration: calibration?.id,
        answers,
        score: scoreOf(form, answers),
        comment,
      };
      this.#check(form, answers, !draft);
      await this.#putEvaluation(evaluation);
      return evaluation;
    });
  }

  /** A draft goes on. @throws evaluation-unknown, evaluation-not-yours, evaluation-final, answers-wrong */
  revise(id: string, given: Pick<Judgement, 'answers' | 'comment' | 'draft'>, evaluator: string): Promise<Evaluation> {
    return this.#inTurn(async () => {
      const before = this.evaluation(id);
      if (before.evaluator !== evaluator) throw failed['evaluation-not-yours']();
      if (before.state !== 'draft') throw failed['evaluation-final']({ evaluation: id });
      if (before.calibration !== undefined) this.#openFor(before.calibration, evaluator);
      const form = this.form(before.form, before.version);
      const { answers, comment, draft = false } = given;
      this.#check(form, answers, !draft);
      const evaluation: Evaluation = {
        ...before,
        answers,
        comment,
        at: this.#clock.now(),
        state: draft ? 'draft' : 'submitted',
        score: scoreOf(form, answers),
      };
      await this.#putEvaluation(evaluation);
      return evaluation;
    });
  }

  /** The agent has seen it. @throws evaluation-unknown, evaluation-not-yours */
  async answer(
    id: string,
    agent: AgentId,
    given: { agrees: boolean; reply?: string | undefined },
  ): Promise<Evaluation> {
    const before = this.evaluation(id);
    const shown = before.state !== 'draft' && before.calibration === undefined;
    if (before.agent !== agent || !shown) throw failed['evaluation-not-yours']();
    const evaluation: Evaluation = { ...before, state: 'answered', ...given };
    const data = { evaluation: id, by: agent, ...given };
    const { interaction, team } = before;
    await this.#append(newEvent(evaluationAnswered, this.#clock.now(), data, { agent, interaction, team }), () =>
      this.#store(evaluation),
    );
    return evaluation;
  }

  /** @throws evaluation-unknown */
  evaluation(id: string): Evaluation {
    const row = this.#database.prepare<[string], Row>('SELECT data FROM evaluations WHERE id = ?').get(id);
    if (!row) throw failed['evaluation-unknown']({ evaluation: id });
    return parse<Evaluation>(row);
  }

  /** Newest first. */
  list(filter: EvaluationFilter): Evaluation[] {
    const parts = ['site = ?'];
    const values: (string | number)[] = [filter.site];
    const add = (part: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      parts.push(part);
      values.push(value);
    };
    add('(team IS NULL OR team = ?)', filter.servedTeam);
    add('agent = ?', filter.agent);
    add('evaluator = ?', filter.evaluator);
    add('interaction = ?', filter.interaction);
    add('form = ?', filter.form);
    add('calibration = ?', filter.calibration);
    add('at >= ?', filter.since);
    add('at < ?', filter.until);
    if (filter.shownToAgent) parts.push("state <> 'draft' AND calibration IS NULL");
    return this.#database
      .prepare<unknown[], Row>(`SELECT data FROM evaluations WHERE ${parts.join(' AND ')} ORDER BY at DESC, id LIMIT ?`)
      .all(...values, filter.limit)
      .map(parse<Evaluation>);
  }

  /** @throws form-unknown */
  async calibrate(
    given: Pick<Calibration, 'form' | 'interaction' | 'agent' | 'evaluators' | 'team'>,
    by: string,
  ): Promise<Calibration> {
    const { version } = this.form(given.form);
    const at = this.#clock.now();
    const calibration: Calibration = { ...given, id: newId('cal'), site: this.#site, version, state: 'open', at, by };
    const { id, form, evaluators, interaction, agent, team } = calibration;
    const data = { calibration: id, form, version, by, evaluators };
    await this.#append(newEvent(calibrationOpened, at, data, { interaction, agent, team }), () =>
      this.#storeCalibration(calibration),
    );
    return calibration;
  }

  calibrations(site: string, servedTeam?: string): Calibration[] {
    return this.#database
      .prepare<[string, string | null, string | null], Row>(
        `SELECT data FROM calibrations WHERE site = ? AND (? IS NULL OR team IS NULL OR team = ?)
         ORDER BY at DESC LIMIT 500`,
      )
      .all(site, servedTeam ?? null, servedTeam ?? null)
      .map(parse<Calibration>);
  }

  /** What came of it; who gave what stays hidden until it is closed. @throws calibration-unknown */
  calibration(id: string): CalibrationResult {
    const calibration = this.#calibration(id);
    const given = this.list({ site: calibration.site, calibration: id, limit: 100 }).filter(
      ({ state }) => state !== 'draft',
    );
    const result: CalibrationResult = { ...calibration, submitted: given.map(({ evaluator }) => evaluator).sort() };
    if (calibration.state === 'open') return result;
    const questions: Record<string, Spread> = {};
    for (const { questions: asked } of this.form(calibration.form, calibration.version).sections) {
      for (const question of asked) {
        const values = given.flatMap(({ answers }) => answers[question.id]?.value ?? []);
        const spread = spreadOf(values);
        if (spread) questions[question.id] = spread;
      }
    }
    return { ...result, total: spreadOf(given.map(({ score }) => score.total)), questions, evaluations: given };
  }

  /** @throws calibration-unknown, calibration-over */
  closeCalibration(id: string, by: string): Promise<CalibrationResult> {
    return this.#inTurn(async () => {
      const before = this.#calibration(id);
      if (before.state === 'closed') throw failed['calibration-over']({ calibration: id });
      const { interaction, agent, team } = before;
      const event = newEvent(
        calibrationClosed,
        this.#clock.now(),
        { calibration: id, by },
        { interaction, agent, team },
      );
      await this.#append(event, () => this.#storeCalibration({ ...before, state: 'closed' }));
      return this.calibration(id);
    });
  }

  #calibration(id: string): Calibration {
    const row = this.#database.prepare<[string], Row>('SELECT data FROM calibrations WHERE id = ?').get(id);
    if (!row) throw failed['calibration-unknown']({ calibration: id });
    return parse<Calibration>(row);
  }

  #openFor(id: string, evaluator: string): Calibration {
    const calibration = this.#calibration(id);
    if (calibration.state === 'closed') throw failed['calibration-over']({ calibration: id });
    if (!calibration.evaluators.includes(evaluator)) throw failed['calibration-not-yours']({ calibration: id });
    return calibration;
  }

  #check(form: Form, answers: Answers, whole: boolean): void {
    const [reason] = wrongAnswers(form, answers, whole);
    if (reason !== undefined) throw failed['answers-wrong']({ reason });
  }

  async #putEvaluation(evaluation: Evaluation): Promise<void> {
    const {
      id,
      form,
      version,
      evaluator: by,
      calibration,
      score,
      answers,
      comment,
      interaction,
      agent,
      team,
    } = evaluation;
    const state = evaluation.state === 'draft' ? ('draft' as const) : ('submitted' as const);
    const data = { evaluation: id, form, version, by, state, calibration, score: score.total, answers, comment };
    await this.#append(newEvent(evaluated, evaluation.at, data, { interaction, agent, team }), () =>
      this.#store(evaluation),
    );
  }

  #store(evaluation: Evaluation): void {
    const { id, site, team, form, interaction, agent, evaluator, at, state, calibration, score } = evaluation;
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO evaluations (id, site, team, form, interaction, agent, evaluator, at, state, calibration,
           score, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[id, site, team ?? null, form, interaction, agent, evaluator, at, state, calibration ?? null, score.total],
        JSON.stringify(evaluation),
      );
  }

  #storeCalibration(calibration: Calibration): void {
    const { id, site, team, at } = calibration;
    this.#database
      .prepare('INSERT OR REPLACE INTO calibrations (id, site, team, at, data) VALUES (?, ?, ?, ?, ?)')
      .run(id, site, team ?? null, at, JSON.stringify(calibration));
  }

  /** @throws quality-not-saved */
  async #append(event: NewEvent, rows: () => void): Promise<void> {
    const { undone } = await this.#journal.append([event], rows);
    if (undone) throw failed['quality-not-saved']();
  }
}

function parse<T>({ data }: Row): T {
  return JSON.parse(data) as T;
}

function same(one: Form, other: Form): boolean {
  const text = ({ team, name, sections, retired }: Form) => JSON.stringify({ team, name, sections, retired });
  return text(one) === text(other);
}
