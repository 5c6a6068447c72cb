import { answerQuestions } from '../../base/threads/worker-side.ts';
import { type ArrivedBlobs, checkArrived } from './arrived-blobs.ts';

/** This file is run by threads of their own, which check blobs in memory that they share, and write them to their places. */
answerQuestions((blobs: ArrivedBlobs) => checkArrived(blobs));
