/** Loaded by NODE_OPTIONS: has the process believe that it is VARVE_TEST_CLOCK_SHIFT milliseconds later. */
const shift = Number(process.env.VARVE_TEST_CLOCK_SHIFT);
const now = Date.now.bind(Date);
const construct = (target, args, newTarget) =>
  Reflect.construct(target, args.length === 0 ? [now() + shift] : args, newTarget);
globalThis.Date = new Proxy(Date, {
  construct,
  get: (target, key) => (key === 'now' ? () => now() + shift : Reflect.get(target, key)),
});
