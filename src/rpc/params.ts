import { VarveError } from '../errors.ts';
import { checkArgument, type Kind, TEXT } from '../library/arguments.ts';
import type { Request } from './serve.ts';

type Params = Request['params'];

/** A parameter that has to be there. @throws VarveError `usage` */
export function textOf(method: string, params: Params, name: string): string {
  return paramOf(method, params, name, TEXT) as string;
}

/** A parameter that may be left out, or null. @throws VarveError `usage` */
export function optionalText(method: string, params: Params, name: string): string | undefined {
  const value = params[name] ?? undefined;
  return value === undefined ? undefined : textOf(method, params, name);
}

/** @throws VarveError `usage` */
export function paramOf(method: string, params: Params, name: string, kind: Kind): unknown {
  checkArgument(method, `the parameter ${name}`, params[name], kind);
  return params[name];
}

/** What is not open, or is no more: a tree or a table. */
export function notOpen(method: string, what: string, id: unknown): VarveError {
  return new VarveError('usage', `${method}: there is no open ${what} ${JSON.stringify(id)}`, {
    remedy: `Open one; ids end with the process that gave them, and when they are closed.`,
  });
}
