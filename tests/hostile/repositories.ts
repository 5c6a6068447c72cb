import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../support/random.ts';
import { ATTACKS, mutateFiles, type Target } from './attacks.ts';
import { HostileSandbox, type Kind } from './sample.ts';
import { CanaryServer, changesBetween, snapshotOf } from './watch.ts';

/** VARVE_HOSTILE=500 for the figure in docs/reliability.md: random repositories of each kind. */
const CASES = Number(process.env.VARVE_HOSTILE ?? 4);
const SEED = Number(process.env.VARVE_HOSTILE_SEED ?? 1);

const COMMANDS: readonly (readonly string[])[] = [
  ['status'],
  ['pull'],
  ['push'],
  ['checkout', '--force'],
  ['verify'],
  ['verify', '--remote', 'origin'],
  ['gc', '--grace', '0'],
  ['gc', '--remote', 'origin', '--grace', '0'],
  ['fetch', '--all-commits'],
  ['add', 'data'],
  ['diff'],
  ['log', 'data'],
  ['profile', 'table.csv'],
  ['validate', 'table.csv'],
  ['schema', 'update', 'table.csv'],
  ['drift', 'table.csv', 'table.csv@HEAD~1'],
  ['remote', 'list'],
  ['ls', 'HEAD~1', 'data'],
  ['cat', 'table.csv@HEAD~1'],
  ['get', 'data@HEAD', '-o', 'made/copy'],
  ['restore', '--force', 'data@HEAD~1'],
  ['checkout', '--force', 'table.csv@HEAD~1'],
  ['mv', 'data', 'made/data'],
  ['rm', '--force', 'table.csv'],
  ['update'],
  ['git', 'install'],
];
/** What the attacks on settings and paths are after. */
const RISKY: typeof COMMANDS = [
  ['pull'],
  ['push'],
  ['gc', '--grace', '0'],
  ['gc', '--remote', 'origin', '--grace', '0'],
  ['validate', 'table.csv'],
  ['update'],
];

/** Where commands may write: the datasets, their pointers, what keeps them from Git, and varve's own folders. */
const ALLOWED = new RegExp(
  [
    '^remote/',
    '^repo/(data|payload|lake|made)(/|$)',
    '^repo/table\\.csv(\\.schema\\.yaml)?$',
    '^repo/(data|payload|table\\.csv)\\.(varve|dvc)$',
    '^repo/(.*/)?\\.gitignore$',
    '^repo/\\.varve/',
    '^repo/\\.dvc/(cache|tmp)(/|$)',
    '^repo/\\.git/(index|info/exclude)$',
    '^repo/\\.git/varve(/cache|/import|$)',
  ].join('|'),
);
/** `git install` sets Git up, as it says. */
const BY_INSTALL =
  /^repo\/(\.gitattributes|\.git\/(config|hooks\/(pre-push|post-(checkout|merge|rewrite))|info\/(attributes)?))$/;

/**
 * Runs commands over repositories that a stranger changed, and asserts that none writes elsewhere, runs a program or asks a
 * server.
 * @param pending attacks that are not yet fended off
 */
export function testHostileRepositories(kind: Kind, pending: readonly string[]): void {
  const sandbox = new HostileSandbox();
  const server = new CanaryServer();
  let target: Target;

  beforeAll(async () => {
    sandbox.sample(kind);
    cpSync(sandbox.path('remote'), sandbox.path('remote-before'), { recursive: true });
    // As whoever works in this clone has done for its own settings; a stranger's are others.
    freshRepository(sandbox);
    sandbox.ok(['trust']);
    await server.start();
    target = { sandbox, kind, server: server.url };
    Object.assign(sandbox.env, { HTTP_PROXY: server.url, HTTPS_PROXY: server.url, http_proxy: server.url });
  });
  afterAll(() => {
    server.close();
    sandbox.remove();
  });

  const misdeeds = async (commands: typeof COMMANDS): Promise<string[]> => {
    sandbox.commitAttack();
    const found: string[] = [];
    for (const args of commands) found.push(...(await misdeedsOf(sandbox, server, args)));
    return found;
  };

  test('does no harm where nobody means any', async () => {
    freshRepository(sandbox);
    expect(await misdeeds(COMMANDS)).toEqual([]);
    freshRepository(sandbox);
    // So that what is refused below is refused for what was changed.
    for (const args of [['pull'], ['push'], ['validate', 'table.csv']]) sandbox.ok(args);
  });

  for (const [name, attack] of Object.entries(ATTACKS[kind])) {
    (pending.includes(name) ? test.fails : test)(name, async () => {
      freshRepository(sandbox);
      attack(target);
      expect(await misdeeds(RISKY)).toEqual([]);
    });
  }

  test(
    `${CASES} repositories in which tracked files were changed by chance, from seed ${SEED}`,
    async () => {
      const tracked = sandbox.git(['ls-files', '-z'], 'sample').split('\0').filter(Boolean);
      const attacks = Object.entries(ATTACKS[kind]).filter(([name]) => !pending.includes(name));
      for (let number = SEED; number < SEED + CASES; number++) {
        const random = seededRandom(number);
        const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
        freshRepository(sandbox);
        // Each in its turn, with others now and then.
        const files = [tracked[number % tracked.length]!, ...tracked.filter(() => random() < 0.2)];
        const steps = mutateFiles(target, files, random);
        if (random() < 0.3) {
          const [name, attack] = one(attacks);
          attack(target);
          steps.push(name);
        }
        const commands = Array.from({ length: 5 }, () => one(COMMANDS));
        expect(await misdeeds(commands), `seed ${number}: ${steps.join('; ')}`).toEqual([]);
      }
    },
    24 * 3_600_000,
  );
}

/** A clone with the data gone, so that commands have something to bring. */
function freshRepository(sandbox: HostileSandbox): void {
  for (const folder of ['repo', 'remote', 'tmp']) {
    rmSync(sandbox.path(folder), { recursive: true, force: true });
  }
  mkdirSync(sandbox.path('tmp'));
  cpSync(sandbox.path('sample'), sandbox.path('repo'), { recursive: true, verbatimSymlinks: true });
  cpSync(sandbox.path('remote-before'), sandbox.path('remote'), { recursive: true });
  for (const gone of ['data', 'payload', '.varve/stat']) {
    rmSync(sandbox.path('repo', gone), { recursive: true, force: true });
  }
}

/** Runs one command and says what it did that it must not. */
async function misdeedsOf(
  sandbox: HostileSandbox,
  server: CanaryServer,
  args: readonly string[],
): Promise<string[]> {
  const before = snapshotOf(sandbox.root);
  const asked = server.asked.length;
  const { code, err } = await sandbox.later(args);
  const isAllowed = (path: string): boolean =>
    ALLOWED.test(path) || path === 'ran' || (args[1] === 'install' && BY_INSTALL.test(path));
  const found = [
    ...(code === null || code > 2 ? [`ended with ${code}`] : []),
    ...(/did not expect|defect of varve/.test(err) ? [err] : []),
    ...server.asked.slice(asked).map((request) => `asked ${request}`),
    ...(existsSync(sandbox.canaryLog) ? [`ran ${readFileSync(sandbox.canaryLog, 'utf8')}`] : []),
    ...changesBetween(before, snapshotOf(sandbox.root))
      .filter((path) => !isAllowed(path))
      .map((path) => `changed ${path}`),
  ];
  rmSync(sandbox.canaryLog, { force: true });
  return found.map((what) => `varve ${args.join(' ')}: ${what}`);
}
