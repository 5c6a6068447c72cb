import { parentPort } from 'node:worker_threads';
import { type ErrorCode, VarveError } from '../../errors.ts';

/** A message to a thread. */
export type Asked<Question> = { readonly question: Question } | { readonly end: true };

/** A message of a thread: how far it is, and in the end its answer or why there is none. */
export type Told<Answer, Progress> =
  | { readonly progress: Progress }
  | { readonly answer: Answer }
  | { readonly failure: Failure };

/** An error on its way between threads. Errors lose their class there, so they travel as their parts. */
export interface Failure {
  readonly message: string;
  /** The parts of a VarveError; undefined for any other error. */
  readonly varve?: {
    readonly code: ErrorCode;
    readonly remedy: string;
    readonly path?: string;
    readonly details: readonly string[];
  };
}

interface Options<Answer> {
  /** Lists the memory of an answer that is handed over and not copied. */
  readonly transfer?: (answer: Answer) => ArrayBuffer[];
  /** Interrupts what is running and, once that has stopped, gives back what the thread holds. */
  readonly end?: (running: Promise<void>) => Promise<void>;
}

/** Answer what the other side asks, one question after the other. The file of a worker does nothing else. */
export function answerQuestions<Question, Answer, Progress = never>(
  answer: (question: Question, tell: (progress: Progress) => void) => Answer | Promise<Answer>,
  { transfer = () => [], end = (running) => running }: Options<Answer> = {},
): void {
  const port = parentPort;
  if (port === null) throw new Error('This file is run by threads only.');
  const send = (told: Told<Answer, Progress>, buffers: ArrayBuffer[] = []) => port.postMessage(told, buffers);
  const respond = async (question: Question): Promise<void> => {
    try {
      const answered = await answer(question, (progress) => send({ progress }));
      send({ answer: answered }, transfer(answered));
    } catch (error) {
      send({ failure: failureOf(error) });
    }
  };
  let running: Promise<void> = Promise.resolve();
  port.on('message', (asked: Asked<Question>) => {
    if ('end' in asked) void end(running).finally(() => port.close());
    else running = running.then(() => respond(asked.question));
  });
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof VarveError))
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { code, message, remedy, path, details } = error;
  return { message, varve: { code, remedy, details, ...(path === undefined ? {} : { path }) } };
}
