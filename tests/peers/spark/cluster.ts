import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf, descendants } from '../../support/processes.ts';

/** A real Spark: the Python that has it, and its folder; undefined where VARVE_SPARK_PYTHON names none. */
export function findSpark(): { readonly python: string; readonly home: string } | undefined {
  const python = process.env.VARVE_SPARK_PYTHON;
  if (python === undefined || !existsSync(python)) return undefined;
  const asked = spawnSync(python, ['-c', 'import pyspark; print(pyspark.__path__[0])'], { encoding: 'utf8' });
  const hasJava = spawnSync('java', ['-version']).status === 0;
  return asked.status === 0 && hasJava ? { python, home: asked.stdout.trim() } : undefined;
}

/** A standalone cluster of this machine: one master, and workers of one core each. */
export class SparkCluster {
  readonly url: string;
  readonly #processes: readonly ChildProcess[];

  private constructor(url: string, processes: readonly ChildProcess[]) {
    this.url = url;
    this.#processes = processes;
  }

  static async start(
    home: string,
    workers: number,
    folder: string,
    env: NodeJS.ProcessEnv,
  ): Promise<SparkCluster> {
    const start = (...words: string[]) =>
      spawn(join(home, 'bin', 'spark-class'), words, {
        env: { ...env, SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    const deploy = 'org.apache.spark.deploy';
    const master = start(
      `${deploy}.master.Master`,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--webui-port',
      '0',
    );
    const [, url] = await said(master, /Starting Spark master at (spark:\S+)/);
    const all = Array.from({ length: workers }, (_, number) =>
      start(
        `${deploy}.worker.Worker`,
        ...['--host', '127.0.0.1', '--webui-port', '0', '--cores', '1', '--memory', '600m'],
        ...['--work-dir', join(folder, `worker-${number}`), url!],
      ),
    );
    await Promise.all(all.map((worker) => said(worker, /Successfully registered with master/)));
    return new SparkCluster(url!, [master, ...all]);
  }

  /** The executor of one of the workers, once it runs a part. */
  async busyExecutor(): Promise<number> {
    for (;;) {
      for (const worker of this.#processes.slice(1)) {
        const executor = descendants(worker.pid!).find((pid) =>
          commandOf(pid).includes('CoarseGrainedExecutor'),
        );
        const isBusy =
          executor !== undefined && descendants(executor).some((pid) => commandOf(pid).includes('--part'));
        if (isBusy) return executor;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) process.kill('SIGTERM');
    await Promise.all(this.#processes.map((process) => process.exitCode ?? once(process, 'close')));
  }
}

function said(process: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    process.stderr!.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-100_000);
      const found = pattern.exec(text);
      if (found !== null) resolve(found);
    });
    process.once('close', () => reject(new Error(text)));
  });
}
