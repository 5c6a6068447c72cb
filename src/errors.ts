import type { ErrorCode } from './error-codes.ts';

export type { ErrorCode };

/**
 * The one error type that varve throws on purpose. Everything else that is thrown is a defect of varve.
 *
 * `code` is stable and kebab-case (`repository-missing`, `digest-mismatch`, `object-missing`, …): scripts read it from
 * `--json`. `message` says what happened and names the path; `remedy` names the next step, as a sentence.
 */
export class VarveError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly path: string | undefined;
  /** Facts that the message speaks of, a line each. */
  readonly details: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy: string; path?: string; details?: readonly string[]; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VarveError';
    this.code = code;
    this.remedy = options.remedy;
    this.path = options.path;
    this.details = options.details ?? [];
  }
}
