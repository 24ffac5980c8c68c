// Builds the three parts of the desktop app into out/: main (with the host program beside it), one
// CommonJS preload, and the renderer, which the loopback shell serves too. Nothing here needs the
// Electron binary.
import { existsSync, writeFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'
import { buildExplorer } from './apps/explorer/buildExplorer.ts'

const at = (path: string) => resolve(import.meta.dirname, path)

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
}

/**
 * Writes files.json, the list of what was built with its content types: both shells serve from it
 * and from nothing else.
 */
function listOfFiles(): Plugin {
  return {
    name: 'list-of-files',
    // Vite adds index.html late, so the list is taken from what has been written
    writeBundle({ dir = '' }, bundle) {
      const names = Object.keys(bundle).sort()
      const list = names.map((name) => [
        name,
        contentTypes[extname(name)] ?? 'application/octet-stream',
      ])
      writeFileSync(
        join(dir, 'files.json'),
        `${JSON.stringify(Object.fromEntries(list), null, 2)}\n`,
      )
    },
  }
}

/**
 * Writes which packages' code went into the pages: their licences travel with the program. Not
 * beside the pages: nobody asks for it there.
 */
function listOfPackages(): Plugin {
  return {
    name: 'list-of-packages',
    writeBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((part) =>
        part.type === 'chunk' ? part.moduleIds : [],
      )
      const paths = modules.map(
        (id) => /^\0?.*?(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1],
      )
      const packages = [...new Set(paths.filter((path) => path !== undefined))].sort()
      writeFileSync(at('out/renderer-packages.json'), `${JSON.stringify(packages, null, 1)}\n`)
    },
  }
}

const mainInputs = Object.entries({
  index: 'main/index.ts',
  host: 'main/host/index.ts',
  reader: 'main/store/reader.ts',
  exporter: 'main/exporters/exportThread.ts',
  analyst: 'main/host/analyses/analysisThread.ts',
  importer: 'main/importers/importThread.ts',
  check: 'main/backends/checkProgram.ts',
  cli: 'apps/cli/index.ts',
})
  .filter(([, path]) => existsSync(at(path)))
  .map(([name, path]) => [name, at(path)])

/**
 * electron-vite declares `require` in every chunk that contains the word. Our sources declare their
 * own where they need one, and two declarations are a syntax error.
 */
function ownRequire(): Plugin {
  return {
    name: 'own-require',
    configResolved(config) {
      const shim = config.plugins.find((plugin) => plugin.name === 'vite:esm-shim')
      if (shim) shim.renderChunk = () => null
    },
  }
}

/** The explorer page's script and style beside the program that exports it. */
function explorerPage(): Plugin {
  return {
    name: 'explorer-page',
    async generateBundle() {
      this.emitFile({
        type: 'asset',
        fileName: 'explorer.json',
        source: JSON.stringify(await buildExplorer(at('apps/explorer'))),
      })
    },
  }
}

const main = {
  plugins: [ownRequire(), explorerPage()],
  build: {
    outDir: 'out/main',
    // every package stays where npm put it: two copies of tfjs-core would not know each other's
    // tensors
    externalizeDeps: false,
    rollupOptions: {
      input: Object.fromEntries(mainInputs),
      external: [/^(?![A-Za-z]:)[^./\0]/],
      // one flat folder, so that a program beside a source file lies beside the built one too
      output: { chunkFileNames: '[name]-[hash].js' },
    },
  },
}

export default defineConfig({
  ...(mainInputs.length > 0 ? { main } : {}),
  preload: {
    build: {
      outDir: 'out/preload',
      // a sandboxed preload is one CommonJS file: it can neither import nor require anything but
      // electron
      externalizeDeps: false,
      rollupOptions: {
        input: at('preload/index.ts'),
        output: { format: 'cjs', entryFileNames: 'index.cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [svelte({ configFile: at('svelte.config.js') }), listOfFiles(), listOfPackages()],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      // no data: URLs for fonts and no inline polyfill, so the content security policy stays strict
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: at('renderer/index.html') },
    },
  },
})
