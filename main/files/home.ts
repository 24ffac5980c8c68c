// The user's own folder, for those who must know where data and caches lie.
import { homedir, userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'

/**
 * HOME, or, where that is empty or no whole path, the folder that the system keeps for this user.
 * Throws `bad-input` where neither is one: a folder below the current one would be another in each
 * place.
 */
export function homeFolder(
  named: () => string = homedir,
  kept: () => string = () => userInfo().homedir,
): string {
  for (const look of [named, kept]) {
    try {
      const found = look()
      if (isAbsolute(found)) return found
    } catch {
      // this user is not in the system's list
    }
  }
  throw new StudioError(
    'bad-input',
    'Expected your home folder in HOME, found none. Set HOME, or set folders with LATENT_STUDIO_HOME and LATENT_STUDIO_CACHE.',
  )
}
