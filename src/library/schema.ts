import type { Watch } from '../operations/context/context.ts';
import type { SchemaInferOptions, SchemaInferResult } from '../operations/schema-infer.ts';
import type { SchemaShowResult } from '../operations/schema-show.ts';
import type { SchemaUpdateResult } from '../operations/schema-update.ts';
import { COMPUTING, checkArgument, FLAG, oneOf, TEXT, TEXT_OR_TEXTS } from './arguments.ts';
import type { SchemaShowOptions, SchemaUpdateOptions } from './options.ts';
import type { Session } from './session.ts';

const FORMAT = oneOf('yaml', 'tfdv');
const SHOWN_FORMAT = oneOf('yaml', 'tfdv', 'sagemaker');

/** What the data of a folder should look like: `folder.schema`. */
export class SchemaMethods {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Write the schema that datasets bear out: of several, one that each of them satisfies. It lies beside the first.
   * @throws VarveError `schema-exists`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { path, features } = await repo.schema.infer('data/flights.csv', { force: true });
   * console.log(`${features} features in ${path}`);
   * ```
   */
  async infer(
    datasets: string | readonly string[],
    options: SchemaInferOptions & Watch = {},
  ): Promise<SchemaInferResult> {
    checkArgument('schema.infer', 'the datasets', datasets, TEXT_OR_TEXTS);
    const own = { output: TEXT, format: FORMAT, force: FLAG, strict: FLAG, explain: FLAG, from: TEXT };
    const call = this.#session.begin('schema.infer', options, { ...COMPUTING, ...own });
    const { schemaInfer } = await import('../operations/schema-infer.ts');
    return schemaInfer(this.#session.cwd, [datasets].flat(), call.options, call.watch);
  }

  /** The schema of a dataset, checked. @throws VarveError `schema-missing`, `schema-invalid` */
  async show(dataset: string, options: SchemaShowOptions = {}): Promise<SchemaShowResult> {
    checkArgument('schema.show', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('schema.show', options, { schema: TEXT, format: SHOWN_FORMAT });
    const { schemaShow } = await import('../operations/schema-show.ts');
    return schemaShow(this.#session.cwd, dataset, call.options, call.watch);
  }

  /**
   * Relax a schema by the least that lets it accept the dataset; what people wrote around it stays.
   * @throws VarveError `schema-missing`, `schema-invalid`
   */
  async update(dataset: string, options: SchemaUpdateOptions = {}): Promise<SchemaUpdateResult> {
    checkArgument('schema.update', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('schema.update', options, { ...COMPUTING, schema: TEXT, dryRun: FLAG });
    const { schemaUpdate } = await import('../operations/schema-update.ts');
    return schemaUpdate(this.#session.cwd, dataset, call.options, call.watch);
  }
}
