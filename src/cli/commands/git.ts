import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, Command } from 'commander';
import type { GitInstallResult, GitParts } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { CHECKOUT_HOOKS, type CheckoutHook, followCheckout } from '../../operations/git/checkout-hook.ts';
import { driverContext } from '../../operations/git/driver-context.ts';
import { gitInstall, gitUninstall } from '../../operations/git/install.ts';
import { gitMerge } from '../../operations/git/merge-driver.ts';
import { gitPrePush } from '../../operations/git/pre-push-hook.ts';
import { type PointerContents, pointerContents } from '../../operations/git/textconv.ts';
import { profileText } from '../../report/text/profile.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';
import { pushLines } from '../transfer-options.ts';
import { checkoutLines } from './checkout.ts';

/** Wide enough that no column of statistics is folded, the same on every terminal. */
const WIDTH = 200;

export function command(run: RunCommand): Command {
  return defineCommand('git', 'Lets Git show, merge and push data: opt-in, for this clone.', [
    [
      'varve git install',
      'git diff shows files and statistics, git merge merges folders, git push pushes data first, git switch brings data along',
    ],
    ['varve git install --checkout', 'git switch, pull and rebase bring the data along'],
    ['varve git uninstall', 'takes it back'],
  ])
    .addCommand(installCommand(run))
    .addCommand(uninstallCommand(run))
    .addCommand(textconvCommand(run), { hidden: true })
    .addCommand(mergeCommand(run), { hidden: true })
    .addCommand(prePushCommand(run), { hidden: true })
    .addCommand(hookCommand(run), { hidden: true });
}

function installCommand(run: RunCommand): Command {
  return defineCommand('install', 'Registers varve with Git in this clone. No option: all of it.', [
    ['varve git install', 'writes .git/config, .gitattributes and hooks'],
  ])
    .option('--diff', 'git diff and git log -p show files and statistics')
    .option('--merge', 'git merge merges folders file by file')
    .option('--pre-push', 'git push sends data first')
    .option('--checkout', 'git switch, pull and rebase bring the data along')
    .action((options: CommonOptions & GitParts) =>
      run(options, async ({ cwd }) => {
        const { diff, merge, prePush, checkout } = options;
        const isAll = !(diff || merge || prePush || checkout);
        const parts = isAll
          ? { diff: true, merge: true, prePush: true, checkout: true }
          : { diff, merge, prePush, checkout };
        const result = await gitInstall(await openContext(cwd), parts, [
          process.execPath,
          resolve(process.argv[1]!),
        ]);
        return { json: result, text: describe(result) };
      }),
    );
}

function uninstallCommand(run: RunCommand): Command {
  return defineCommand('uninstall', 'Takes back what install did in this clone.', [
    ['varve git uninstall', '.gitattributes stays: alone it does nothing'],
  ]).action((options: CommonOptions) =>
    run(options, async ({ cwd }) => {
      const result = gitUninstall(await openContext(cwd));
      return { json: result, text: describe(result) };
    }),
  );
}

function textconvCommand(run: RunCommand): Command {
  return new Command('textconv').argument('<file>').action((file: string) =>
    run({}, async ({ cwd }) => {
      const contents = await pointerContents(driverContext(cwd), file);
      return { json: contents, text: contentsText(contents) };
    }),
  );
}

function mergeCommand(run: RunCommand): Command {
  return new Command('merge')
    .argument('<base>')
    .argument('<ours>')
    .argument('<theirs>')
    .argument('<path>')
    .action((base: string, ours: string, theirs: string, path: string) =>
      run({}, async ({ cwd, note }) => {
        const files = {
          base: resolve(cwd, base),
          ours: resolve(cwd, ours),
          theirs: resolve(cwd, theirs),
          path,
        };
        const result = await gitMerge(driverContext(cwd), files);
        note(result.message, ...result.conflicts.map((conflict) => `  ${conflict}`));
        return { json: result, text: '', exitCode: result.merged ? 0 : 1 };
      }),
    );
}

function prePushCommand(run: RunCommand): Command {
  return new Command('pre-push')
    .argument('<remote>')
    .argument('[url]')
    .action((remote: string) =>
      run({}, async ({ cwd, signal, onProgress, onWarning, note }) => {
        const result = await gitPrePush(
          driverContext(cwd, { signal, onProgress, onWarning }),
          remote,
          readFileSync(0, 'utf8'),
        );
        if (result !== undefined) note(...pushLines(result).split('\n'));
        return { json: result ?? null, text: '' };
      }),
    );
}

function hookCommand(run: RunCommand): Command {
  return new Command('hook')
    .addArgument(new Argument('<hook>').choices(CHECKOUT_HOOKS))
    .argument('[args...]')
    .action((hook: CheckoutHook, args: string[]) =>
      run({}, async ({ cwd, signal, onProgress, onWarning, note }) => {
        const context = driverContext(cwd, { signal, onProgress, onWarning });
        const result = await followCheckout(context, hook, args);
        const lines = result === undefined ? [] : checkoutLines(result);
        if (lines.length > 0) note(...lines);
        return withProblems({ note }, result?.problems, { json: result ?? null, text: '' });
      }),
    );
}

function describe({ diff, merge, prePush, checkout }: GitInstallResult): string {
  const line = (on: boolean, what: string): string => `${on ? 'on ' : 'off'}  ${what}`;
  return [
    line(diff, 'git diff and git log -p show files and statistics'),
    line(merge, 'git merge merges folders file by file'),
    line(prePush, 'git push sends data first'),
    line(checkout, 'git switch, pull and rebase bring the data along'),
  ].join('\n');
}

/** Line by line, so that Git's own diff of two of these reads well. */
function contentsText({ pointer, files, profile }: PointerContents): string {
  const lines = (files ?? []).map(({ path, size, digest, executable, etag }) =>
    neutral(
      `${path}  ${size} bytes  ${digest?.slice(7, 19) ?? etag ?? 'empty folder'}${executable ? '  executable' : ''}`,
    ),
  );
  const statistics = profile === undefined ? [] : [profileText(profile, { color: false, width: WIDTH })];
  // What is no pointer comes back as it is, and may be anything.
  return [...pointer.split('\n').map(neutral), ...lines, ...statistics].join('\n');
}
