import { answerQuestions } from '../../base/threads/worker-side.ts';
import { SmallFileWriter, type WriteGroup } from './small-file-writer.ts';

/** This file is run by a thread of its own, which writes small files, group by group in the order in which they come. */
const writer = new SmallFileWriter();
answerQuestions((group: WriteGroup) => writer.write(group));
