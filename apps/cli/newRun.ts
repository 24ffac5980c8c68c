// What `latent train` is asked to train: a preset or an existing run's settings, with the flags on
// top, its name, and what its settings will probably lead to.
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { PresetName } from '../../preload/contract/presets.ts'
import { longestName } from '../../preload/contract/reference.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { differences, likeRunName } from '../../preload/contract/runName.ts'
import { settings } from '../../preload/contract/settings.ts'
import { configWarnings } from '../../preload/contract/warnings.ts'
import type { Call } from './command.ts'
import { configGiven, presetNamed, settingsGiven } from './settingFlags.ts'

export interface NewRun {
  config: RunConfig
  preset: PresetName | null
  name?: string
}

/**
 * Checks what can be checked without a store, and returns what makes the run. Throws `bad-input`,
 * `bad-config`, `not-found`.
 */
export function newRunGiven(call: Call): (client: Client) => Promise<NewRun> {
  const preset = presetNamed(call.arguments[0])
  const from = call.flags.text('from')
  const name = nameGiven(call)
  if (from === undefined) {
    const config = configGiven(preset, call.flags)
    return async () => ({ config, preset, ...name })
  }
  if (preset !== null)
    throw new StudioError(
      'bad-input',
      `Expected a preset or --from, found both ("${preset}" and "${from}"). Leave one of them out.`,
    )
  settingsGiven(call.flags)
  return async (client) => {
    const source = await client.runs.get({ run: from })
    const config = configGiven(source.config, call.flags)
    return { config, preset: null, name: await nameLike(client, source, config), ...name }
  }
}

/** "Learning rate: ...": one line per warning. */
export async function warningsOf(client: Client, config: RunConfig): Promise<string[]> {
  const dataset = (await client.data.list()).find((known) => known.name === config.dataset)
  if (!dataset) return []
  return configWarnings(config, dataset.images).map(
    ({ key, message }) => `${settings[key].label}: ${message}`,
  )
}

function nameGiven({ flags }: Call): { name?: string } {
  const name = flags.text('name')
  if (name === undefined) return {}
  if (name.trim() === '' || name.length > longestName)
    throw new StudioError(
      'bad-input',
      `--name: expected 1 to ${longestName} characters, found ${name.trim() === '' ? 'none' : name.length}.`,
    )
  return { name }
}

async function nameLike(
  client: Client,
  source: { name: string; config: RunConfig },
  config: RunConfig,
): Promise<string> {
  const [kept, trashed] = await Promise.all([
    client.runs.list({}),
    client.runs.list({ deleted: true }),
  ])
  const taken = new Set([...kept, ...trashed].map((run) => run.name))
  return likeRunName(source.name, differences(config, source.config), (name) => taken.has(name))
}
