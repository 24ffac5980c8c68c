// Which runtimes this machine has, and where: the one that LATENT_STUDIO_RUNTIME names, the
// installed ones in the cache folder, the one that came with the program, and tfjs-node-gpu's own
// binary where somebody installed that.
import fs from 'node:fs'
import path from 'node:path'
import { checksFolder } from './cache.ts'
import { bundledRuntime } from './bundled.ts'
import { bindingFile, tfjsNodeFolder } from './compiler.ts'
import { runtimeFolder, totalBytes } from './install.ts'
import { downloadBytes, entryFor, runtimeManifest, type Variant } from './runtimeManifest.ts'
import { readInstalled, verifyRuntime } from './verify.ts'

export interface RuntimeStatus {
  variant: Variant
  installed: boolean
  folder: string
  bytes: number // on disk when installed, else to be fetched
  version: string
  licences: string[]
  problem?: string
}

export interface FoundRuntime {
  folder: string
  version: string
  checked: boolean // has an installed.json with hashes
}

/**
 * The state of every runtime that has a recipe here. Hashes only what has changed since it was last
 * looked at.
 */
export async function runtimeStatus(cacheFolder: string): Promise<RuntimeStatus[]> {
  const here = `${process.platform}-${process.arch}`
  const entries = runtimeManifest.filter(({ platform }) => platform === here)
  return Promise.all(
    entries.map(async (entry) => {
      let folder = runtimeFolder(cacheFolder, entry)
      const absent = {
        variant: entry.variant,
        installed: false,
        bytes: downloadBytes(entry),
        version: entry.version,
        licences: [],
      }
      try {
        folder = findRuntime(entry.variant, cacheFolder)?.folder ?? folder
        if (readInstalled(folder) === null) return { ...absent, folder }
        const installed = await verifyRuntime(folder, { notes: checksFolder(cacheFolder) })
        return {
          ...absent,
          folder,
          installed: true,
          bytes: totalBytes(installed),
          version: installed.version,
          licences: installed.licences,
        }
      } catch (error) {
        return {
          ...absent,
          folder,
          problem: error instanceof Error ? error.message : String(error),
        }
      }
    }),
  )
}

/** Where the runtime of this variant lies, unverified; null when there is none. */
export function findRuntime(
  variant: Variant,
  cacheFolder: string,
  environment: NodeJS.ProcessEnv = process.env,
): FoundRuntime | null {
  const chosen = installedIn(environment['LATENT_STUDIO_RUNTIME'], variant)
  if (chosen !== null) return chosen
  const entry = entryFor(variant)
  // one installed later comes before the bundled one: somebody may have had a damaged one to
  // replace
  const own = entry === undefined ? null : installedIn(runtimeFolder(cacheFolder, entry), variant)
  const found = own ?? installedIn(bundledRuntime(), variant)
  return found ?? (entry === undefined ? ownBinary(variant) : null)
}

function installedIn(folder: string | undefined, variant: Variant): FoundRuntime | null {
  const installed = folder ? readInstalled(folder) : null
  return folder && installed?.variant === variant
    ? { folder, version: installed.version, checked: true }
    : null
}

function ownBinary(variant: Variant): FoundRuntime | null {
  // No recipe for this platform: tfjs-node-gpu's own binary, whose installer the user has run.
  const own = path.join(tfjsNodeFolder(), 'lib', 'napi-v8')
  return variant === 'cpu' && fs.existsSync(path.join(own, bindingFile))
    ? { folder: own, version: 'of tfjs-node', checked: false }
    : null
}
