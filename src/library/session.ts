import { type Watch, watching } from '../operations/context/context.ts';
import { CALLBACK, checkOptions, FLAG, type Kinds, SIGNAL, TEXT_OR_NULL } from './arguments.ts';

const WATCH: Kinds<Watch> = {
  signal: SIGNAL,
  onProgress: CALLBACK,
  onWarning: CALLBACK,
  offline: FLAG,
  openlineage: TEXT_OR_NULL,
};

/** What the caller of a method gives, checked and taken apart. */
export interface Call<T> {
  /** The options of this method alone. */
  readonly options: Omit<T, keyof Watch>;
  readonly watch: Watch;
}

/** Where the methods of an object work, and how all of them are watched and stopped. */
export class Session {
  /** Absolute. */
  readonly cwd: string;
  readonly #watch: Watch;

  constructor(cwd: string, watch: Watch) {
    this.cwd = cwd;
    this.#watch = watch;
  }

  /**
   * Begin a call. Its own callbacks take the place of the object's; either signal stops it.
   * @param where the method, as messages name it
   * @throws VarveError `usage`; the reason of a signal that was aborted before
   */
  begin<T extends Watch>(where: string, given: T, kinds: Kinds<Omit<T, keyof Watch>>): Call<T> {
    const all = { ...WATCH, ...kinds } as unknown as Kinds<T>;
    const {
      signal,
      onProgress,
      onWarning,
      offline = this.#watch.offline,
      openlineage = this.#watch.openlineage,
      ...options
    } = checkOptions(where, given, all);
    const signals = [this.#watch.signal, signal].filter((one) => one !== undefined);
    const watched = watching({
      onProgress: onProgress ?? this.#watch.onProgress,
      onWarning: onWarning ?? this.#watch.onWarning,
      signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    });
    const watch = {
      ...watched,
      ...(offline !== undefined && { offline }),
      ...(openlineage !== undefined && { openlineage }),
    };
    watch.signal?.throwIfAborted();
    return { options, watch };
  }
}

/** For methods that take nothing but how they are watched. */
export const NO_OPTIONS = {};

/** @throws VarveError `usage` */
export function checkWatch(where: string, watch: Watch): Watch {
  return checkOptions(where, watch, WATCH);
}
