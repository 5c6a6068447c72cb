import { type Command, Option } from 'commander';
import {
  type AccessKey,
  accessKeys,
  forgetAccessKey,
  makeAccessKey,
} from '../../server/access/access-keys.ts';
import { LOG_LEVELS, type LogLevel } from '../../server/log.ts';
import { DEFAULT_WINDOW } from '../../server/observe/window-limit.ts';
import { DEFAULT_LISTEN, type RunningServer, startServer } from '../../server/server.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, positiveInteger, type RunCommand } from '../command.ts';

/** Answers that run when the server is stopped may take so long to their end. */
const MAX_STOPPING_MS = 20_000;

interface ServeWords extends CommonOptions {
  readonly listen: string;
  readonly repo?: string[];
  readonly anonymous?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly redirect?: true;
  readonly clientLimit?: number;
  readonly log?: LogLevel;
  readonly observe?: string[];
  readonly window?: string;
  readonly environment?: string;
  readonly state?: string;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'serve',
    'Serves every version over S3, for reading. It changes nothing, and listens on this machine alone unless --listen says otherwise.',
    [
      ['varve serve', 'the repository here'],
      ['varve serve key add --name laptop', 'makes a key, which clients of S3 need'],
      ['varve serve --anonymous', 'for whoever is on this machine, without a key'],
      ['varve serve --observe data/flights.csv@v1 --window 15m', 'watches what a model is asked, for drift'],
      ['varve serve --repo ../flights --repo birds=/srv/data/birds', 'several, each a bucket'],
    ],
  )
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one', DEFAULT_LISTEN)
    .option('--repo <path...>', 'a repository, perhaps with the name of its bucket: PATH or NAME=PATH')
    .option('--anonymous', 'let everybody read who reaches the server, without a key')
    .option('--tls-cert <file>', 'certificate, as PEM; with --tls-key, TLS alone is spoken')
    .option('--tls-key <file>', 'key of the certificate, as PEM')
    .option('--redirect', 'send clients of S3 to the remote, a bucket, for files that it holds whole')
    .option('--client-limit <count>', 'requests of one client that are answered at a time', positiveInteger)
    .option(
      '--observe <dataset...>',
      'a version that requests to /v1/observe/NAME are held against: [NAME=]DATASET',
    )
    .option('--window <size>', 'rows of a window of requests, or its minutes, such as 15m', DEFAULT_WINDOW)
    .option('--environment <name>', 'the environment of the schema that requests are in')
    .option('--state <folder>', "where windows are kept; among this user's files unless given")
    .addOption(
      new Option('--log <level>', 'the least that is logged, on standard error')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .action(({ json, repo, ...options }: ServeWords) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, emit, note, endBySignal }) => {
        endBySignal(MAX_STOPPING_MS);
        const server = await startServer({ ...options, repositories: repo ?? ['.'], base: cwd });
        for (const warning of server.warnings) note(`varve: ${warning}`);
        const { url, repositories, observed } = server;
        emit({ url, repositories, observed }, `${startLines(server).join('\n')}\n`);
        await aborted(signal);
        await server.close(MAX_STOPPING_MS);
        return { json: undefined, text: '' };
      }),
    )
    .addCommand(keyCommand(run));
}

function keyCommand(run: RunCommand): Command {
  return defineCommand(
    'key',
    'Manages the keys by which clients may read from your servers. They are kept in your own settings, never in a repository.',
    [['varve serve key list', 'shows them']],
  )
    .addCommand(addKeyCommand(run))
    .addCommand(listKeysCommand(run))
    .addCommand(removeKeyCommand(run));
}

function addKeyCommand(run: RunCommand): Command {
  return defineCommand('add', 'Makes a key, and shows its secret this once.', [
    ['varve serve key add --name laptop', 'with a name by which you know it again'],
  ])
    .option('--name <text>', 'what you know it by')
    .action(({ name, ...options }: CommonOptions & { name?: string }) =>
      run(options, async () => {
        const key = makeAccessKey(name);
        return { json: key, text: `access key  ${key.id}\nsecret key  ${key.secret}` };
      }),
    );
}

function listKeysCommand(run: RunCommand): Command {
  return defineCommand('list', 'Shows the keys, without their secrets.', [
    ['varve serve key list --json', 'for a script'],
  ]).action((options: CommonOptions) =>
    run(options, async () => {
      const keys = accessKeys();
      return { json: { keys }, text: keys.map(keyLine).join('\n') };
    }),
  );
}

function removeKeyCommand(run: RunCommand): Command {
  return defineCommand('remove', 'Forgets a key: servers that run refuse it within a second.', [
    ['varve serve key remove VARVE2J7Q3KXEXAMPLEX', 'as `varve serve key list` shows it'],
  ])
    .argument('<id>')
    .action((id: string, options: CommonOptions) =>
      run(options, async () => {
        const removed = forgetAccessKey(id);
        return { json: { removed }, text: `forgot ${keyLine(removed)}` };
      }),
    );
}

function keyLine({ id, name, created }: AccessKey): string {
  return neutral(`${id}  ${created.slice(0, 10)}${name === undefined ? '' : `  ${name}`}`);
}

function startLines({ url, repositories, observed }: RunningServer): string[] {
  const buckets = repositories.map(({ bucket, root }) => neutral(`  s3://${bucket}  ${root}`));
  const watched = observed.map(({ name, against }) => neutral(`  /v1/observe/${name}  against ${against}`));
  return [`serving at ${url}`, ...buckets, ...watched, 'Ctrl-C stops it.'];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
