// Where the program keeps what can be fetched or computed again: the native runtime, half-done
// downloads, the results of backend checks, and compiled code. Per user, outside the checkout;
// LATENT_STUDIO_CACHE overrides it.
import path from 'node:path'
import { homeFolder } from '../files/home.ts'

/** The per-user cache folder (absolute; it may not exist yet). */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['LATENT_STUDIO_CACHE']
  if (chosen) return path.resolve(chosen)
  return path.join(platformCache(environment), 'latent-studio')
}

function platformCache(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return path.join(homeFolder(), 'Library', 'Caches')
  if (process.platform === 'win32')
    return environment['LOCALAPPDATA'] || path.join(homeFolder(), 'AppData', 'Local')
  const xdg = environment['XDG_CACHE_HOME']
  // The XDG specification says that a relative path is to be ignored.
  return xdg && path.isAbsolute(xdg) ? xdg : path.join(homeFolder(), '.cache')
}

/** Folder of finished runtimes, one sub-folder each, named by version and hash. */
export function runtimesFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'runtime')
}

/** Folder of downloads under way: `*.part` files survive a stop and are gone on with. */
export function downloadsFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'downloads')
}

/**
 * Folder of cached known-answer results, one small file each, named by a hash of all that they
 * depend on.
 */
export function checksFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'checks')
}

/**
 * Folder of the code that Node compiled from our sources; Node checks each file against its source.
 */
export function compiledCodeFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'code')
}
