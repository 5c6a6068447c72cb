import type { CiFindings } from './findings.ts';

const COMMANDS = { bad: 'error', warn: 'warning', good: 'notice' } as const;

/**
 * GitHub Actions workflow commands, one a line: the answer first, then each finding (GitHub shows the first ten of each
 * level). Every line is a command of ours, so that no text of the data can start one.
 * Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function github(checks: readonly CiFindings[]): string {
  return checks
    .flatMap(lines)
    .map((line) => `${line}\n`)
    .join('');
}

function lines(checked: CiFindings): string[] {
  const grave = checked.findings.filter((one) => one.grade !== 'good');
  return [
    command(COMMANDS[checked.grade], checked.file, `varve ${checked.check}`, checked.summary),
    ...grave.map((one) =>
      command(
        COMMANDS[one.grade],
        checked.file,
        `${one.feature}: ${one.rule}`,
        [one.message, ...one.details].join('\n'),
      ),
    ),
  ];
}

function command(name: string, file: string, title: string, message: string): string {
  return `::${name} file=${property(file)},title=${property(title)}::${escaped(message)}`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
