import { type Command, InvalidArgumentError, Option } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { locate } from '../../operations/locate.ts';
import { ADDRESS_FORMATS, type AddressFormat, renderAddresses } from '../../report/standards/input-files.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { duration } from '../duration.ts';

interface Options extends CommonOptions {
  readonly format: AddressFormat;
  readonly presign?: number;
  readonly remote?: string;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'url',
    'Prints where the files of a version lie on a remote, one URL a line, for programs that read whole files there.',
    [
      ['varve url data/flights.parquet@v1.0', 'such as s3://bucket/prefix/objects/3f/2a91…'],
      ['varve url data/flights --presign 12h', 'addresses that need no keys, and hold for 12 hours'],
      ['varve url data/flights/2024 --json', 'with the path, size and digest of each file'],
      [
        'varve url data/flights@v1.0 --format sagemaker > channel.manifest',
        'for an input channel of SageMaker',
      ],
      ['varve url data/images@v1.0 --format vertex > import.jsonl', 'for a managed dataset of Vertex AI'],
    ],
  )
    .argument('<dataset>', 'path or path@REV, also of a file or folder within a dataset')
    .addOption(
      new Option('--format <format>', 'one a line, or a file that a cloud reads them from')
        .choices(ADDRESS_FORMATS)
        .default('text'),
    )
    .option('--presign <duration>', 'sign them for so long, such as 12h', presignTime)
    .option('--remote <name>', 'a remote other than the default')
    .action((dataset: string, { format, presign, remote, ...common }: Options) =>
      run(common, async ({ cwd, signal, onWarning, note }) => {
        const context = await openContext(cwd, { signal, onWarning });
        const result = await locate(context, dataset, { remote, presignSeconds: presign });
        const text = renderAddresses(result.files, format);
        const within = result.files.filter(({ url }) => url === null).length;
        if (within > 0)
          note(
            `${counted(within, 'file')} of ${neutral(dataset)} ${within === 1 ? 'has' : 'have'} no URL: the remote keeps small files together, and large text in chunks. \`varve get\` copies them.`,
          );
        return {
          json: result,
          text,
          // What signs an address is no slip of a secret here.
          isVerbatim: true,
          exitCode: within < result.files.length || result.files.length === 0 ? 0 : 2,
        };
      }),
    );
}

/** In seconds; servers of S3 take a week at most. */
function presignTime(text: string): number {
  const ms = duration(text);
  if (ms > 0 && ms <= MAX_PRESIGNED_MS) return ms / 1000;
  throw new InvalidArgumentError('It must be longer than nothing, and 7d at most.');
}

const MAX_PRESIGNED_MS = 7 * 86_400_000;
