import { answerQuestions } from '../../base/threads/worker-side.ts';
import { type BlobsToCheck, checkBlobs } from './blob-checks.ts';

/** This file is run by threads of their own, which check blobs in memory that they share. */
answerQuestions((blobs: BlobsToCheck) => checkBlobs(blobs));
