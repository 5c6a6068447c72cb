/** Modules that take milliseconds to load, and that few runs of a command use: some of Node, and one that is bundled. */
const LATE =
  /^(node:(async_hooks|child_process|crypto|diagnostics_channel|fs\/promises|os|worker_threads)|yaml)$/;

/**
 * Loads those modules when the first of their exports is used: each import becomes an object of getters, and esbuild reads an
 * imported name where it is used. What a getter hands out is the module's own function, class or constant, with all its properties.
 */
export const lateModules = {
  name: 'late-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: LATE }, ({ path, namespace }) => {
      if (namespace !== 'late') return { path, namespace: 'late' };
      return path.startsWith('node:') ? { path, external: true } : undefined;
    });
    onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => {
      const names = Object.keys((await import(path)).default);
      const getters = names.map((name) => `get ${name}(){return load().${name}}`);
      return {
        contents: `let loaded;const load=()=>loaded??=require('${path}');module.exports={${getters}}`,
        resolveDir: import.meta.dirname,
      };
    });
  },
};
