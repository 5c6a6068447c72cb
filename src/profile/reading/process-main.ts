import { requireCompiled } from '../../base/compile-cache.ts';

requireCompiled('reader.cjs');
