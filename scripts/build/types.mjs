import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { root } from './bundles.mjs';

/**
 * Writes the library's declarations as one file, and a copy of it for consumers that are CommonJS.
 *
 * @throws where the compiler or the extractor finds an error
 */
export function writeTypes(outdir) {
  const declarations = mkdtempSync(join(root, '.build-types-'));
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = ['-p', 'tsconfig.types.json', '--outDir', declarations];
    execFileSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'inherit' });
    rollUp(join(declarations, 'index.d.ts'), join(outdir, 'index.d.ts'));
    copyFileSync(join(outdir, 'index.d.ts'), join(outdir, 'index.d.cts'));
  } finally {
    rmSync(declarations, { recursive: true });
  }
}

function rollUp(entry, output) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: { tsconfigFilePath: join(root, 'tsconfig.types.json') },
      dtsRollup: { enabled: true, untrimmedFilePath: output },
      apiReport: { enabled: false },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          // A type that stands in a signature, and that index.ts does not export.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Error },
        },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (!succeeded) throw new Error('The declarations could not be rolled up.');
}
