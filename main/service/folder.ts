// Where data lie when nobody says otherwise; the same answer for the app, serve and the command
// line, without Electron.
import { isAbsolute, join, resolve } from 'node:path'
import { homeFolder } from '../files/home.ts'

/**
 * The data folder: LATENT_STUDIO_HOME, else `latent-studio` where this system keeps a user's
 * application data.
 */
export function defaultDataFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string | undefined = undefined,
): string {
  if (environment['LATENT_STUDIO_HOME']) return resolve(environment['LATENT_STUDIO_HOME'])
  return join(applicationData(environment, platform, home), 'latent-studio')
}

function applicationData(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  given: string | undefined,
): string {
  const home = () => given ?? homeFolder()
  if (platform === 'darwin') return join(home(), 'Library', 'Application Support')
  if (platform === 'win32') return environment['APPDATA'] || join(home(), 'AppData', 'Roaming')
  const chosen = environment['XDG_DATA_HOME']
  // The XDG base directory specification: a relative path is invalid and has to be ignored.
  return chosen && isAbsolute(chosen) ? chosen : join(home(), '.local', 'share')
}
