import { type Command, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../../server/log.ts';
import { DEFAULT_LISTEN, type RunningServer, startServer } from '../../server/server.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, positiveInteger, type RunCommand } from '../command.ts';

/** Answers that run when the server is stopped may take so long to their end. */
const MAX_STOPPING_MS = 20_000;

interface ServeWords extends CommonOptions {
  readonly listen: string;
  readonly repo?: string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientLimit?: number;
  readonly log?: LogLevel;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'serve',
    'Serves every version over S3, for reading. It changes nothing, and listens on this machine alone unless --listen says otherwise.',
    [
      ['varve serve', 'the repository here'],
      ['varve serve --repo ../flights --repo birds=/srv/data/birds', 'several, each a bucket'],
    ],
  )
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one', DEFAULT_LISTEN)
    .option('--repo <path...>', 'a repository, perhaps with the name of its bucket: PATH or NAME=PATH')
    .option('--tls-cert <file>', 'certificate, as PEM; with --tls-key, TLS alone is spoken')
    .option('--tls-key <file>', 'key of the certificate, as PEM')
    .option('--client-limit <count>', 'requests of one client that are answered at a time', positiveInteger)
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
        const { url, repositories } = server;
        emit({ url, repositories }, `${startLines(server).join('\n')}\n`);
        await aborted(signal);
        await server.close(MAX_STOPPING_MS);
        return { json: undefined, text: '' };
      }),
    );
}

function startLines({ url, repositories }: RunningServer): string[] {
  const buckets = repositories.map(({ bucket, root }) => neutral(`  s3://${bucket}  ${root}`));
  return [`serving at ${url}`, ...buckets, 'Ctrl-C stops it.'];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
