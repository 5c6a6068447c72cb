import { type Command, Option } from 'commander';
import { VarveError } from '../../errors.ts';
import { closing } from '../../operations/context/closing.ts';
import type { Context } from '../../operations/context/context.ts';
import { openRepositoryAt } from '../../operations/context/open-other.ts';
import { type AskedSetting, askedSettings, revokeTrust, trust, trusted } from '../../operations/trust.ts';
import type { Consent } from '../../workspace/trust/consent.ts';
import { factLines, subjectOf, visible } from '../../workspace/trust/request.ts';
import { type CommonOptions, defineCommand, type Outcome, type RunCommand } from '../command.ts';

interface Options extends CommonOptions {
  readonly show?: true;
  readonly list?: true;
  readonly revoke?: true;
  readonly repository?: string;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'trust',
    'Agrees, for this machine, to settings of the repository that choose where data and credentials go. A change asks again.',
    [
      ['varve trust --show', 'shows what is asked for, and agrees to nothing'],
      ['varve trust', 'agrees to all that is asked for now, and shows it'],
      [
        'varve trust sha256:9f86d0…',
        'agrees to one setting, by the fingerprint that a message or --show names',
      ],
      ['varve trust --list', 'shows what this machine agreed to'],
      ['varve trust --revoke', 'takes all of it back'],
      [
        'varve trust --repository https://example.org/team/data.git --show',
        'what a repository asks that `varve get` takes from',
      ],
    ],
  )
    .argument('[fingerprint...]', 'of single settings; all where none is given')
    .option('--show', 'only show what the settings ask for')
    .addOption(
      new Option('--list', 'show what this machine agreed to for this repository').conflicts([
        'show',
        'revoke',
      ]),
    )
    .addOption(new Option('--revoke', 'take consents back').conflicts('show'))
    .option('--repository <address>', 'of another repository, as git clone takes it')
    .action((fingerprints: string[], options: Options) =>
      run(options, async ({ cwd }) => {
        if (fingerprints.length > 0 && (options.show || options.list)) throw namesNothing();
        return closing(await openRepositoryAt(cwd, options.repository, {}), ({ context }) =>
          answer(context, fingerprints, options),
        );
      }),
    );
}

async function answer(context: Context, fingerprints: readonly string[], options: Options): Promise<Outcome> {
  if (options.list) {
    const result = trusted(context);
    return { json: result, text: listed(result.consents, 'This machine agreed to nothing here.') };
  }
  if (options.revoke) {
    const result = revokeTrust(context, fingerprints);
    return { json: result, text: listed(result.revoked, 'There was nothing to take back.') };
  }
  const result = options.show ? await askedSettings(context) : await trust(context, fingerprints);
  const text = result.settings.map(asked).join('\n') || 'The settings here ask for nothing.';
  return { json: result, text };
}

function asked({ trusted: isTrusted, fingerprint, ...request }: AskedSetting): string {
  const state = isTrusted ? 'agreed' : 'not agreed';
  return [
    `${subjectOf(request)}: ${state}`,
    ...factLines(request.facts).map((line) => `  ${line}`),
    `  ${fingerprint}`,
  ].join('\n');
}

function listed(consents: readonly Consent[], none: string): string {
  return consents.map(consent).join('\n') || none;
}

function consent({ fingerprint, about, facts }: Consent): string {
  return [fingerprint, ...facts.map(([key, value]) => `  ${about} ${key}  ${visible(value)}`)].join('\n');
}

function namesNothing(): VarveError {
  return new VarveError('usage', '--show and --list show all: they take no fingerprint', {
    remedy: 'Leave the fingerprint out.',
  });
}
