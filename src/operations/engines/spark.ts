import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import type { ClusterProgram } from './cluster-program.ts';
import { findProgram } from './programs.ts';
import { driverProgram } from './shipped.ts';

/** Spark 4, by its `spark-submit`; what is to be known of a cluster beside its address stands in Spark's own settings. */
export const SPARK: ClusterProgram = {
  title: 'Spark',
  program: 'spark.py',
  isHere: (master) => master?.startsWith('local') === true,
  // Spark ends the process then, and the program in it.
  reasonUnreached: (said) => /All masters are unresponsive/.exec(said)?.[0],
  start(program, request, { address, archive }) {
    const master = address === null ? [] : ['--master', address];
    const archives = archive === null ? [] : ['--archives', `${archive}#varve`];
    const beside = ['--py-files', driverProgram('varve_task.py')];
    return [sparkSubmit(), ...master, ...archives, ...beside, program, request];
  },
};

/** That of SPARK_HOME, else of PATH. @throws VarveError `cluster-missing` */
function sparkSubmit(): string {
  const { SPARK_HOME } = process.env;
  const submit = findProgram(
    ['spark-submit'],
    SPARK_HOME === undefined ? undefined : join(SPARK_HOME, 'bin'),
  );
  if (submit !== undefined) return submit;
  throw new VarveError('cluster-missing', 'There is no `spark-submit` of Spark', {
    remedy:
      'Name the folder of Spark 4 in SPARK_HOME, or install it by `pip install pyspark`, and have Java 17.',
  });
}
