// Who may import whom, as data. The import-graph test and the ESLint settings both read this table,
// so that a rule is written once; each rule carries imports that break it, which both must report.

export interface ImportRule {
  name: string
  /** The files it binds: paths from the project's folder, a folder ending in '/'. */
  from: string[]
  /** Files inside `from` that it does not bind. */
  except?: string[]
  /**
   * What they never import: own paths like `from`, packages ('@scope/' binds all of a scope),
   * 'node:' for Node's own.
   */
  never: string[]
  /** Own files allowed although `never` covers them. */
  allowed?: string[]
  /** Imports that must be reported, at least one for each entry of `never`. */
  planted: { file: string; specifiers: string[] }
}

const everywhere = ['apps/', 'main/', 'preload/', 'renderer/']
const folders = [
  ...['backends', 'compile', 'datasets', 'engine', 'exporters', 'files', 'host', 'importers'],
  ...['runtime', 'service', 'store', 'transport'],
]

/**
 * A folder of main that knows only some of the others: `main/NAME/` may import these, and nothing
 * of apps or the pages.
 */
function mayImport(name: string, others: readonly string[]): ImportRule {
  const forbidden = folders.filter((each) => each !== name && !others.includes(each))
  return {
    name: `${name} knows ${others.length > 0 ? `only ${others.join(', ')} and the contract` : 'only the contract'}`,
    from: [`main/${name}/`],
    never: ['apps/', 'renderer/', 'electron', ...forbidden.map((each) => `main/${each}/`)],
    planted: {
      file: `main/${name}/planted.ts`,
      specifiers: [
        '../../apps/a.ts',
        '../../renderer/a.ts',
        'electron',
        ...forbidden.map((each) => `../${each}/a.ts`),
      ],
    },
  }
}

export const importRules: ImportRule[] = [
  mayImport('files', []),
  mayImport('datasets', ['files']),
  mayImport('runtime', ['files']),
  mayImport('backends', ['engine', 'runtime']),
  mayImport('compile', ['backends', 'engine']),
  mayImport('exporters', ['compile', 'datasets', 'engine', 'files', 'importers', 'store']),
  mayImport('importers', ['datasets', 'engine', 'exporters', 'files', 'store']),
  {
    name: 'the contract imports nothing of ours',
    from: ['preload/contract/'],
    never: ['apps/', 'main/', 'preload/', 'renderer/', 'test/', 'node:', 'electron'],
    allowed: ['preload/contract/'],
    planted: {
      file: 'preload/contract/planted.ts',
      specifiers: [
        '../../apps/loopbackServer.ts',
        '../../main/a.ts',
        '../index.ts',
        '../../renderer/a.ts',
        '../../test/a.ts',
        'node:fs',
        'electron',
      ],
    },
  },
  {
    name: 'the renderer imports only itself and the contract',
    from: ['renderer/'],
    never: ['apps/', 'main/', 'preload/', 'test/', 'node:', 'ws'],
    allowed: ['preload/contract/'],
    planted: {
      file: 'renderer/state/planted.svelte.ts',
      specifiers: [
        '../../apps/loopbackServer.ts',
        '../../main/engine/losses.ts',
        '../../preload/index.ts',
        '../../test/a.ts',
        'fs',
        'ws',
      ],
    },
  },
  {
    name: 'of the renderer, the command line takes figures that are text alone',
    from: ['apps/', 'main/', 'preload/'],
    except: ['apps/explorer/'],
    never: ['renderer/'],
    allowed: ['renderer/draw/planeScale.ts', 'renderer/draw/planeFigure.ts'],
    planted: {
      file: 'apps/cli/planted.ts',
      specifiers: ['../../renderer/draw/scatter.ts', '../../renderer/router.svelte.ts'],
    },
  },
  {
    name: 'of the renderer, the exported page takes how a drawing becomes a picture',
    from: ['apps/explorer/'],
    never: ['renderer/'],
    allowed: ['renderer/draw/strokes.ts', 'renderer/draw/grey.ts'],
    planted: {
      file: 'apps/explorer/planted.ts',
      specifiers: ['../../renderer/draw/scatter.ts', '../../renderer/state/undo.svelte.ts'],
    },
  },
  {
    name: 'the engine knows only the maths and the contract',
    from: ['main/engine/'],
    never: [
      'node:',
      'main/store/',
      'main/datasets/',
      'main/service/',
      'main/host/',
      'main/transport/',
      'apps/',
    ],
    planted: {
      file: 'main/engine/planted.ts',
      specifiers: [
        'node:fs',
        '../store/a.ts',
        '../datasets/a.ts',
        '../service/a.ts',
        '../host/a.ts',
        '../transport/a.ts',
        '../../apps/a.ts',
      ],
    },
  },
  {
    name: 'the store knows no tensors',
    from: ['main/store/'],
    never: ['@tensorflow/', 'main/engine/', 'main/backends/', 'main/compile/'],
    planted: {
      file: 'main/store/planted.ts',
      specifiers: [
        '@tensorflow/tfjs-core',
        '../engine/tf.ts',
        '../backends/a.ts',
        '../compile/a.ts',
      ],
    },
  },
  {
    name: 'hosts know no store, service or transport',
    from: ['main/host/'],
    never: ['main/store/', 'main/service/', 'main/transport/'],
    planted: {
      file: 'main/host/planted.ts',
      specifiers: ['../store/runs.ts', '../service/runs.ts', '../transport/socket.ts'],
    },
  },
  {
    name: 'the service knows no engine and no backends',
    from: ['main/service/'],
    never: ['main/engine/', 'main/backends/', 'main/compile/'],
    planted: {
      file: 'main/service/planted.ts',
      specifiers: ['../engine/model.ts', '../backends/a.ts', '../compile/a.ts'],
    },
  },
  {
    name: 'what pages load takes zod from contract/zod.ts, which forbids it to make code first',
    from: ['preload/', 'renderer/'],
    except: ['preload/contract/zod.ts'],
    never: ['zod'],
    planted: { file: 'renderer/client/planted.ts', specifiers: ['zod'] },
  },
  {
    name: 'electron only at the entry of the app',
    from: everywhere,
    except: [
      'main/index.ts',
      'main/window.ts',
      'main/menu.ts',
      'main/guards.ts',
      'main/dialogs.ts',
      'main/transport/electron.ts',
      'preload/index.ts',
    ],
    never: ['electron', 'electron/'],
    planted: { file: 'main/service/planted.ts', specifiers: ['electron', 'electron/main'] },
  },
  {
    name: 'better-sqlite3 only in store/open.ts',
    from: everywhere,
    except: ['main/store/open.ts'],
    never: ['better-sqlite3'],
    planted: { file: 'main/store/planted.ts', specifiers: ['better-sqlite3'] },
  },
  {
    name: 'tfjs only behind engine/tf.ts, backends/ and compile/',
    from: everywhere,
    except: ['main/engine/tf.ts', 'main/backends/', 'main/compile/'],
    never: ['@tensorflow/'],
    // where the package lies, and its version: data, no code of it
    allowed: ['@tensorflow/tfjs-node-gpu/package.json'],
    planted: {
      file: 'main/engine/planted.ts',
      specifiers: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-core/dist/index.js'],
    },
  },
  {
    name: "tfjs-node-gpu's index is never loaded: it insists on a library of its own",
    from: [...everywhere, 'test/'],
    never: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
    planted: {
      file: 'main/backends/planted.ts',
      specifiers: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
    },
  },
]

/**
 * Whether `path` (a file of ours, or a package) is one of `names` or lies inside one that ends in
 * '/' or ':'.
 */
export function covers(names: string[], path: string): boolean {
  return names.some((name) => path === name || (/[/:]$/.test(name) && path.startsWith(name)))
}
