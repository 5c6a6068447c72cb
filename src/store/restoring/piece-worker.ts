import { answerQuestions } from '../../base/threads/worker-side.ts';
import { type PieceGroup, writePieces } from './piece-writer.ts';

/** This file is run by threads of their own, which verify and write pieces of large files. */
answerQuestions((group: PieceGroup) => writePieces(group));
