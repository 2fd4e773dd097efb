export { calibrationClosed, calibrationOpened, evaluated } from './events.ts';
export { type FormBody, formBodySchema } from './forms.ts';
export {
  type Calibration,
  type CalibrationResult,
  type Evaluation,
  type EvaluationFilter,
  type Form,
  type Judgement,
  Quality,
} from './quality.ts';
export { type Answers, type Score, type Spread, scoreOf, spreadOf } from './score.ts';
