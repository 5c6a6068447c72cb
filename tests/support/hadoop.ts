import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { freePort, program, ServerProcess } from './server-process.ts';

/** A NameNode and a DataNode of Apache Hadoop. Its properties are there in tests and hooks. */
export interface Hadoop {
  /** Of the NameNode's web server. */
  readonly port: number;
  /** `webhdfs://ann@127.0.0.1:port` */
  readonly url: string;
  /** The path of an empty folder. */
  makeFolder(): Promise<string>;
  put(path: string, content: string | Buffer): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Tests that need HDFS: the jars in the folder that VARVE_HADOOP names, and `java` on PATH. */
export function describeWithHadoop(name: string, tests: (server: Hadoop) => void): void {
  const jars = process.env.VARVE_HADOOP;
  const java = program('', 'java');
  if (!jars || java === undefined) {
    describe.skip(`${name} (skipped: no HDFS; name a folder with the jars of Hadoop 3.4 in VARVE_HADOOP, and have java on PATH)`, () =>
      tests(new HadoopCluster()));
    return;
  }
  describe(name, () => {
    const cluster = new HadoopCluster();
    beforeAll(() => cluster.start(java, jars));
    afterAll(() => cluster.stop());
    tests(cluster);
  });
}

export class HadoopCluster implements Hadoop {
  port = 0;
  #root = '';
  #folders = 0;
  readonly #nodes: ServerProcess[] = [];

  get url(): string {
    return `webhdfs://ann@127.0.0.1:${this.port}`;
  }

  async start(java: string, jars: string): Promise<void> {
    this.#root = mkdtempSync(join(tmpdir(), 'varve-hadoop-'));
    this.port = await freePort();
    const own = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
    const settings = {
      'fs.defaultFS': `hdfs://${await own()}`,
      'hadoop.tmp.dir': join(this.#root, 'tmp'),
      'dfs.namenode.name.dir': join(this.#root, 'name'),
      'dfs.datanode.data.dir': join(this.#root, 'data'),
      'dfs.replication': 1,
      'dfs.namenode.http-address': `127.0.0.1:${this.port}`,
      'dfs.namenode.fs-limits.min-block-size': 0,
      'dfs.ls.limit': 100,
      'dfs.datanode.address': await own(),
      'dfs.datanode.http.address': await own(),
      'dfs.datanode.ipc.address': await own(),
      'dfs.datanode.hostname': '127.0.0.1',
      'dfs.namenode.datanode.registration.ip-hostname-check': false,
      'dfs.permissions.enabled': false,
    };
    const properties = Object.entries(settings).map(
      ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`,
    );
    for (const folder of ['conf', 'name', 'data', 'webapps/hdfs', 'webapps/datanode', 'webapps/static'])
      mkdirSync(join(this.#root, folder), { recursive: true });
    for (const file of ['core-site.xml', 'hdfs-site.xml'])
      writeFileSync(join(this.#root, 'conf', file), `<configuration>${properties.join('')}</configuration>`);
    const classes = [join(this.#root, 'conf'), this.#root, join(jars, '*')].join(':');
    const words = ['-Xmx256m', '--add-opens', 'java.base/java.lang=ALL-UNNAMED', '-cp', classes];
    const server = 'org.apache.hadoop.hdfs.server';
    const cwd = this.#root;
    execFileSync(java, [...words, `${server}.namenode.NameNode`, '-format', '-nonInteractive'], {
      stdio: 'ignore',
      cwd,
    });
    for (const node of ['namenode.NameNode', 'datanode.DataNode'])
      this.#nodes.push(new ServerProcess([java, ...words, `${server}.${node}`], { cwd }));
    await this.#nodes[0]!.listening(this.port);
    // A file can be written from when the DataNode has told of itself.
    while (!(await this.#ask('PUT', '/ready', 'CREATE', '&overwrite=true', 'x').catch(() => false)))
      await sleep(200);
  }

  stop(): void {
    for (const node of this.#nodes) node.stop();
    if (this.#root !== '') rmSync(this.#root, { recursive: true, force: true, maxRetries: 10 });
  }

  async makeFolder(): Promise<string> {
    const path = `/folder-${this.#folders++}`;
    await this.#ask('PUT', path, 'MKDIRS');
    return path;
  }

  async put(path: string, content: string | Buffer): Promise<void> {
    if (!(await this.#ask('PUT', path, 'CREATE', '&overwrite=true', content))) throw new Error(path);
  }

  async remove(path: string): Promise<void> {
    await this.#ask('DELETE', path, 'DELETE');
  }

  async #ask(method: string, path: string, op: string, more = '', body?: string | Buffer): Promise<boolean> {
    const url = `http://127.0.0.1:${this.port}/webhdfs/v1${encodeURI(path).replaceAll('+', '%2B')}?op=${op}&user.name=ann${more}`;
    const { status, location } = await asked(method, url);
    if (body === undefined) return status === 200;
    return location !== undefined && (await asked(method, location, body)).status === 201;
  }
}

/** By Node's own HTTP: a DataNode says 100 Continue unasked, which `fetch` takes for a bad answer. */
async function asked(method: string, url: string, body?: string | Buffer) {
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.request(url, { method, agent: false }, resolve).on('error', reject).end(body);
  });
  answer.resume();
  const { statusCode: status, headers } = answer;
  return { status, location: headers.location };
}
