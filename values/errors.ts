// The one registry of errors that a user can meet: code, sentence, HTTP status. A folder declares its own with
// defineErrors; docs/errors.md is generated from the registry.

export interface ErrorDefinition {
  /** HTTP status where the error leaves through the API. */
  status: number;
  /** One sentence; `{name}` is filled from the details. */
  text: string;
}

export const errorRegistry = new Map<string, ErrorDefinition>();

/** An error with a code of the registry. `message` is the sentence, filled in; it never holds personal data. */
export class SwitchroomError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    const definition = errorRegistry.get(code) ?? { status: 500, text: `Unregistered error ${code}.` };
    super(fill(definition.text, details), options);
    this.name = 'SwitchroomError';
    this.code = code;
    this.status = definition.status;
    this.details = details;
  }
}

/**
 * Declares errors; call it once per folder, at load.
 * @returns one constructor function per code: `throw failed['queue-unknown']({ name })`
 * @throws Error where a code is declared twice
 */
export function defineErrors<Code extends string>(
  definitions: Record<Code, ErrorDefinition>,
): Record<Code, (details?: Record<string, unknown>, options?: ErrorOptions) => SwitchroomError> {
  const made = {} as Record<Code, (details?: Record<string, unknown>, options?: ErrorOptions) => SwitchroomError>;
  for (const code of Object.keys(definitions) as Code[]) {
    if (errorRegistry.has(code)) throw new Error(`error code ${code} is declared twice`);
    errorRegistry.set(code, definitions[code]);
    made[code] = (details, options) => new SwitchroomError(code, details, options);
  }
  return made;
}

function fill(text: string, details: Record<string, unknown>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? `{${name}}`));
}
