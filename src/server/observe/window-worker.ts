/**
 * The thread of observed windows: reads versions, compares windows with them and writes the reports out, so that the thread that answers
 * requests does not. This file is run by a thread of its own; it keeps nothing.
 */

import { answerQuestions } from '../../base/threads/worker-side.ts';
import { compareWindow } from './window-comparison.ts';
import type { WindowAnswer, WindowQuestion } from './window-questions.ts';

const ending = new AbortController();

answerQuestions<WindowQuestion, WindowAnswer>((question) => compareWindow(question, ending.signal), {
  async end(running) {
    ending.abort();
    await running;
  },
});
