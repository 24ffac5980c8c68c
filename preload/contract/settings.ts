// Every setting of a run, described once as data: the form, the command line's flags, validation and the
// documentation are all made from this table (checked by config.ts).
import { modelSettings } from './modelSettings.ts'
import type { RunConfig, Setting } from './runConfig.ts'
import { trainingSettings } from './trainingSettings.ts'

export const settings: { readonly [K in keyof RunConfig]: Setting } = { ...modelSettings, ...trainingSettings }
