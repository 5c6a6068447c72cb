import { type Command, Option } from 'commander';
import { VarveError } from '../../errors.ts';
import type { CheckedOutDataset, CheckoutOptions, CheckoutResult } from '../../operations/backend/results.ts';
import { checkout } from '../../operations/checkout.ts';
import type { Context } from '../../operations/context/context.ts';
import { openContext } from '../../operations/context/open.ts';
import { checkoutLocked, type LockedCheckout } from '../../operations/lock.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type Outcome, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'checkout',
    'Makes the data match the pointers, as after `git checkout`. What was edited here stays.',
    [
      ['git switch main && varve checkout', 'brings the data that belongs to main'],
      ['varve checkout data/flights.csv@v1.0', 'goes back to a version: data and pointer, to be committed'],
      ['varve checkout --ours data/tab/x.csv', 'keeps your x.csv where the new version changed it too'],
      ['varve checkout --locked data.lock', 'the versions that `varve lock` wrote down, and no others'],
      ['varve checkout data/flights.csv --force', 'gives up what was changed there since the last snapshot'],
    ],
  )
    .argument('[path...]', 'datasets, folders that hold some, files and folders within one, or path@REV')
    .addOption(
      new Option('--locked <file>', 'data and pointers become the versions that this file names').conflicts([
        'ours',
        'theirs',
      ]),
    );
  return withSides(defined).action((paths: string[], options: Options) =>
    run(options, async ({ cwd, signal, onProgress, onWarning, note }) => {
      const context = await openContext(cwd, { signal, onProgress, onWarning });
      if (options.locked !== undefined)
        return lockedOutcome(await fromLock(context, options.locked, paths, options));
      const result = await checkout(context, paths, { force: options.force, prefer: preferred(options) });
      return withProblems({ note }, result.problems, { json: result, text: checkoutText(result) });
    }),
  );
}

interface Options extends CommonOptions, SideOptions {
  readonly locked?: string;
}

async function fromLock(
  context: Context,
  file: string,
  paths: readonly string[],
  { force }: Options,
): Promise<LockedCheckout> {
  if (paths.length === 0) return checkoutLocked(context, file, { force });
  throw new VarveError('usage', `--locked brings all that ${file} names, and ${paths[0]} is named too`, {
    remedy: `Leave out ${paths[0]}, or --locked.`,
  });
}

/** 1 if something else than the lock names is left. */
function lockedOutcome(result: LockedCheckout): Outcome {
  const { datasets, differing } = result;
  const left = differing.map((path) =>
    neutral(`${path} holds files that the locked version does not: --force takes them away.`),
  );
  const done = [...checkoutLines({ datasets }), ...left];
  const text = done.length === 0 ? 'The data is as the lock names it.' : done.join('\n');
  return { json: result, text, exitCode: differing.length === 0 ? 0 : 1 };
}

export interface SideOptions {
  readonly force?: true;
  readonly ours?: true;
  readonly theirs?: true;
}

/** What becomes of files that changed here. */
export function withSides(command: Command): Command {
  const ours = new Option(
    '--ours',
    'where a file changed here and in the new version, keep the one that lies here',
  );
  return command
    .addOption(ours.conflicts('theirs'))
    .option('--theirs', 'where a file changed here and in the new version, take the new one')
    .option('--force', 'give up unsaved changes, and files that no snapshot has');
}

export function preferred({ ours, theirs }: SideOptions): CheckoutOptions['prefer'] {
  return ours ? 'ours' : theirs ? 'theirs' : undefined;
}

/** Say what was done to the data, dataset by dataset. No lines: nothing was. */
export function checkoutLines({ datasets, moved = [], takenAway = [] }: CheckoutResult): string[] {
  const touched = datasets.filter(
    ({ written, removed, kept, edited }) => written + removed + kept.length + edited.length > 0,
  );
  const away = takenAway.map((path) =>
    neutral(`${path}  taken away: it belongs to another branch, and is saved`),
  );
  const followed = moved.map(({ from, path }) =>
    neutral(`${path}  moved here from ${from}, as its pointer was`),
  );
  return [...followed, ...touched.map(line), ...away];
}

/** As checkoutLines, with a word where nothing was done. */
export function checkoutText(result: CheckoutResult): string {
  const lines = checkoutLines(result);
  if (lines.length > 0) return lines.join('\n');
  return (result.problems ?? []).length === 0
    ? 'The data matches its pointers.'
    : 'The data of all other datasets matches its pointers.';
}

function line({ path, written, writtenBytes, removed, kept, edited }: CheckedOutDataset): string {
  const facts = [`${counted(written, 'file')} written (${byteSize(writtenBytes)})`];
  if (removed > 0) facts.push(`${counted(removed, 'file')} removed`);
  if (kept.length > 0)
    facts.push(`${counted(kept.length, 'file')} kept that no snapshot has: ${named(kept)}`);
  if (edited.length > 0)
    facts.push(`${counted(edited.length, 'file')} left as edited here: ${named(edited)}`);
  return neutral(`${path}  ${facts.join(', ')}`);
}

function named(files: readonly string[]): string {
  return `${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''}`;
}
