/** The remedy for what is damaged in a cache or a remote: who reads it does not know which of the two that is. */
export const RUN_VERIFY =
  'Run `varve verify` for the cache of this clone, `varve verify --remote NAME` for a remote: it names what the damage touches, and what to do.';
