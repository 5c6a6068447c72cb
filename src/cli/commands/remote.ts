import { type Command, Option } from 'commander';
import type { KnownClone, ListedRemote, RemoteAddOptions } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import {
  addRemote,
  chooseRemote,
  clonesOf,
  forgetClones,
  forgetRemote,
  listRemotes,
  reachSource,
} from '../../operations/remote.ts';
import { neutral } from '../../wording/neutral.ts';
import type { Access } from '../../workspace/config.ts';
import { cloneCalled, cloneSeen, expiryRule } from '../clone-lines.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand('remote', 'Manages where snapshots are pushed to and fetched from.', [
    ['varve remote add origin /mnt/datasets/store', 'a folder; the first remote becomes the default'],
    ['varve remote list', 'shows them'],
  ])
    .addCommand(addCommand(run))
    .addCommand(listCommand(run))
    .addCommand(removeCommand(run))
    .addCommand(defaultCommand(run))
    .addCommand(clonesCommand(run))
    .addCommand(forgetCommand(run))
    .addCommand(sourceCommand(run));
}

function addCommand(run: RunCommand): Command {
  const defined = defineCommand('add', 'Names a place for snapshots. Nothing is contacted yet.', [
    [
      'varve remote add origin s3://bucket/prefix --region eu-central-1',
      'S3, with the credentials that the AWS tools use',
    ],
    ['varve remote add origin s3://bucket --endpoint http://localhost:9000', 'a server that speaks S3'],
    ['varve remote add lab minio://alias/bucket', 'MinIO, by an alias of mc'],
    ['varve remote add cloud gs://bucket/prefix', 'Google Cloud Storage; azure://container/prefix for Azure'],
    ['varve remote add lab ssh://ann@host/srv/datasets', 'a folder at an SSH server, as ssh reaches it'],
  ])
    .argument('<name>', 'such as origin')
    .argument('<url>', 'a folder, file://, or s3://, minio://, gs://, azure:// or ssh:// as in the examples');
  return withAccessOptions(defined)
    .option('--acl <name>', 'canned ACL of what is pushed, such as bucket-owner-full-control')
    .option('--sse <algorithm>', 'encryption of what is pushed: AES256 or aws:kms')
    .option('--kms-key <id>', 'key of KMS for that')
    .option('--local', 'for this clone only: write to config.local.yaml, which is not in Git')
    .action((name: string, url: string, { json, ...options }: CommonOptions & RemoteAddOptions) =>
      run({ ...(json && { json }) }, async ({ cwd }) => {
        const remote = await addRemote(await openContext(cwd), name, url, options);
        return { json: remote, text: listed(remote) };
      }),
    );
}

function listCommand(run: RunCommand): Command {
  return defineCommand('list', 'Shows the remotes; a star marks the default.', [
    ['varve remote list --json', 'for a script'],
  ]).action((options) =>
    run(options, async ({ cwd }) => {
      const result = await listRemotes(await openContext(cwd));
      return { json: result, text: result.remotes.map(listed).join('\n') };
    }),
  );
}

function removeCommand(run: RunCommand): Command {
  return defineCommand('remove', 'Forgets a remote. Nothing is deleted there.', [
    ['varve remote remove origin', 'forgets origin'],
  ])
    .argument('<name>')
    .action((name: string, options) =>
      run(options, async ({ cwd }) => ({ json: await forgetRemote(await openContext(cwd), name), text: '' })),
    );
}

function defaultCommand(run: RunCommand): Command {
  return defineCommand('default', 'Chooses the remote that is meant where none is named.', [
    ['varve remote default lab', 'chooses lab'],
  ])
    .argument('<name>')
    .option('--local', 'for this clone only')
    .action((name: string, options: CommonOptions & { local?: true }) =>
      run(options, async ({ cwd }) => ({
        json: await chooseRemote(await openContext(cwd), name, options),
        text: '',
      })),
    );
}

function clonesCommand(run: RunCommand): Command {
  return defineCommand(
    'clones',
    'Shows the clones that pushed to a remote, each with when it was first and last seen. What they pushed stays until they expire.',
    [['varve remote clones --remote origin', 'who they are, the last one first']],
  )
    .option('--remote <name>', 'a remote other than the default')
    .action((options: CommonOptions & { remote?: string }) =>
      run(options, async ({ cwd, signal, onWarning }) => {
        const result = await clonesOf(await openContext(cwd, { signal, onWarning }), options.remote);
        const lines = [...result.clones.map(cloneLine), expiryRule(result.cloneExpiryMs)];
        return { json: result, text: lines.map(neutral).join('\n') };
      }),
    );
}

function forgetCommand(run: RunCommand): Command {
  return defineCommand(
    'forget',
    'Forgets clones that are gone: what only they need is freed by later gcs. One that is not gone records all anew when it pushes.',
    [
      ['varve remote forget ann@laptop:work', 'as `varve remote clones` shows it'],
      ['varve remote forget 3f2a91c0 77aa12b3 --remote origin', 'by the beginnings of their ids'],
    ],
  )
    .argument('<clone...>', 'ids, beginnings of them, or names')
    .option('--remote <name>', 'a remote other than the default')
    .action((names: string[], options: CommonOptions & { remote?: string }) =>
      run(options, async ({ cwd, signal, onWarning }) => {
        const result = await forgetClones(
          await openContext(cwd, { signal, onWarning }),
          names,
          options.remote,
        );
        const lines = result.forgotten.map((clone) => `forgot ${cloneCalled(clone)}, ${cloneSeen(clone)}`);
        return { json: result, text: lines.map(neutral).join('\n') };
      }),
    );
}

function cloneLine(clone: KnownClone): string {
  const expired = clone.hasExpired ? ', holds nothing any more' : '';
  return `${cloneCalled(clone)}: ${cloneSeen(clone)}${expired}`;
}

function sourceCommand(run: RunCommand): Command {
  const defined = defineCommand(
    'source',
    'Says how this machine reaches a bucket whose data is used in place. Kept in config.local.yaml, never in Git.',
    [
      ['varve remote source s3://bucket --endpoint http://localhost:9000', 'for all data in that bucket'],
      ['varve remote source s3://bucket/raw', 'shows what is said of it'],
    ],
  ).argument('<url>', 's3://bucket/prefix or minio://alias/bucket/prefix: for all sources at it and below');
  return withAccessOptions(defined).action((url: string, { json, ...access }: CommonOptions & Access) =>
    run({ ...(json && { json }) }, async ({ cwd }) => {
      const source = await reachSource(await openContext(cwd), url, access);
      const { url: place, ...settings } = source;
      const shown = Object.entries(settings).map(([key, value]) => `  ${key} ${value}`);
      return { json: source, text: neutral([place, ...shown].join('')) };
    }),
  );
}

/** Add how a bucket is reached. */
function withAccessOptions(command: Command): Command {
  return command
    .option('--endpoint <url>', 'address of a server that is not AWS, Google or the usual one of Azure')
    .option('--region <name>', 'region of the bucket')
    .option('--profile <name>', 'profile in the AWS configuration files')
    .option('--anonymous', 'send requests without a signature, as to a public bucket')
    .addOption(
      new Option('--addressing <style>', 'where requests name the bucket').choices(['path', 'virtual']),
    )
    .option('--requester-pays', 'agree to pay for requests');
}

function listed({ name, url, isDefault }: ListedRemote): string {
  return neutral(`${isDefault ? '*' : ' '} ${name}  ${url}`);
}
