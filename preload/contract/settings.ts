// Every setting of a run, described once as data. The form, the command line's flags and the
// validation in config.ts all come from this table.
import { modelSettings } from './modelSettings.ts'
import type { RunConfig, Setting } from './runConfig.ts'
import { trainingSettings } from './trainingSettings.ts'

export const settings: { readonly [K in keyof RunConfig]: Setting } = {
  ...modelSettings,
  ...trainingSettings,
}
