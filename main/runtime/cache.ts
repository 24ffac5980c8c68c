// Where the program keeps what can be fetched or computed again: the native runtime, half-done downloads,
// and the results of backend checks. Per user, outside the checkout; LATENT_STUDIO_CACHE overrides it.
import os from 'node:os'
import path from 'node:path'

/** The per-user cache folder (absolute; it may not exist yet). */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['LATENT_STUDIO_CACHE']
  if (chosen) return path.resolve(chosen)
  return path.join(platformCache(environment), 'latent-studio')
}

function platformCache(environment: NodeJS.ProcessEnv): string {
  const home = os.homedir()
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches')
  if (process.platform === 'win32') return environment['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local')
  const xdg = environment['XDG_CACHE_HOME']
  // The XDG specification says that a relative path is to be ignored.
  return xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache')
}

/** Folder of finished runtimes, one sub-folder each, named by version and hash. */
export function runtimesFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'runtime')
}

/** Folder of downloads under way: `*.part` files survive a stop and are gone on with. */
export function downloadsFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'downloads')
}

/** Folder of cached known-answer results, one small file each, named by a hash of all that they depend on. */
export function checksFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'checks')
}
