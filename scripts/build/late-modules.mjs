/** Modules that take milliseconds to load, and that few runs of a command use: some of Node, and some that are bundled. */
const LATE =
  /^(node:(async_hooks|child_process|crypto|diagnostics_channel|fs\/promises|os|worker_threads)|yaml|string-width)$/;

/**
 * Loads those modules when the first of their exports is used: each import becomes an object of getters, and esbuild reads an
 * imported name where it is used. What a getter hands out is the module's own function, class or constant, with all its properties. A module that is one function becomes one that calls it.
 */
export const lateModules = {
  name: 'late-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: LATE }, ({ path, namespace }) => {
      if (namespace !== 'late') return { path, namespace: 'late' };
      return path.startsWith('node:') ? { path, external: true } : undefined;
    });
    onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => {
      const { default: all } = await import(path);
      const getters = Object.keys(all).map((name) => `get ${name}(){return load().${name}}`);
      const late = typeof all === 'function' ? '(...given)=>load().default(...given)' : `{${getters}}`;
      return {
        contents: `let loaded;const load=()=>loaded??=require('${path}');module.exports=${late}`,
        resolveDir: import.meta.dirname,
      };
    });
  },
};
