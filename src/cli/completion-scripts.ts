export interface Words {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly string[];
  /** Commands of this command: `add` of `remote`. */
  readonly below: readonly string[];
}

/** https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
export function bashScript(commands: readonly Words[]): string {
  const cases = commands.map(
    ({ name, options, below }) => `    ${name}) words="${[...below, ...options].join(' ')}" ;;`,
  );
  return `_varve() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="${commands.map(({ name }) => name).join(' ')} -C --help --version" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$command" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _varve varve
`;
}

/** https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
export function zshScript(commands: readonly Words[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${summary}'`);
  const cases = commands.map(
    ({ name, options, below }) => `    ${name}) compadd -- ${[...below, ...options].join(' ')}; _files ;;`,
  );
  return `#compdef varve
_varve() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _varve varve
`;
}

/** https://fishshell.com/docs/current/completions.html */
export function fishScript(commands: readonly Words[]): string {
  const lines = commands.flatMap(({ name, summary, options, below }) => [
    `complete -c varve -n __fish_use_subcommand -f -a ${name} -d '${summary}'`,
    ...below.map((word) => `complete -c varve -n '__fish_seen_subcommand_from ${name}' -a ${word}`),
    ...options.map(
      (option) => `complete -c varve -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
    ),
  ]);
  return `${lines.join('\n')}\n`;
}
