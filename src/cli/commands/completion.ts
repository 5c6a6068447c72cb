import { Argument, type Command } from 'commander';
import { type CommandEntry, defineCommand, type RunCommand } from '../command.ts';
import { bashScript, fishScript, type Words, zshScript } from '../completion-scripts.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function command(run: RunCommand, all: readonly CommandEntry[]): Command {
  return defineCommand(
    'completion',
    'Prints a script that completes commands, options and paths in a shell.',
    [
      ['source <(varve completion bash)', 'in ~/.bashrc'],
      ['varve completion zsh > ~/.zfunc/_varve', 'where ~/.zfunc is in fpath'],
      ['varve completion fish > ~/.config/fish/completions/varve.fish', 'for fish'],
    ],
  )
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS, options) =>
      run(options, async () => {
        const script = SCRIPTS[shell](await words(run, all));
        return { json: { shell, script }, text: script, isVerbatim: true };
      }),
    );
}

/** Every command with its options, and the commands below it. */
async function words(run: RunCommand, all: readonly CommandEntry[]): Promise<Words[]> {
  return Promise.all(
    all.map(async ({ name, summary, load }) => {
      const built = (await load()).command(run, all);
      return {
        name,
        summary,
        options: built.options.map(({ long }) => long!).concat('--help'),
        below: built.commands.map((below) => below.name()),
      };
    }),
  );
}
