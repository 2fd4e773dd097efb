// A checked flow, made ready for the interpreter: immutable.

/** One flow, compiled. Only the interpreter looks inside. */
export interface CompiledFlow {
  readonly name: string;
  /** SHA-256 (hex) of the file's text. */
  readonly version: string;
}
