// latent import: a run's file, or weights by their documented names, becomes a run.
import { readFileSync } from 'node:fs'
import { configFrom } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { weightLayouts } from '../../preload/contract/imports.ts'
import { presetNames } from '../../preload/contract/presets.ts'
import type { Run } from '../../preload/contract/records.ts'
import { strictJson } from '../../main/files/strictJson.ts'
import { fileReason } from '../../main/files/reason.ts'
import { choiceGiven, wholeNumber, type Call, type Command, type Flags } from './command.ts'
import { withJob } from './job.ts'
import { count, pairs } from './numbers.ts'
import { pathGiven } from './place.ts'
import { withSession } from './session.ts'
import { presetNamed } from './settingFlags.ts'

export const importCommand: Command = {
  name: 'import',
  summary: 'Import a run from a .latent file, or the weights of a model from safetensors.',
  about:
    'A .latent file (written by latent export RUN --out run.latent) becomes a run that you can resume, explore and export. Weights become a finished run with one checkpoint that you can explore and export, but not train further, because weights contain no optimizer state. Weights must be named encoder.0.weight, encoder.0.bias, ..., encoder.head.weight, decoder.0.weight, ..., decoder.out.bias, in float32, float64, float16 or bfloat16. Files exported by Latent Studio include their settings; other files need --config or --preset. Shapes follow TensorFlow: dense (in, out), convolution (h, w, in, out), transposed convolution (h, w, out, in), unless --layout or the metadata of the file (layout, or format: pt) says pytorch. Both layouts flatten images with channels last.',
  arguments: [{ name: 'PATH', required: true, help: 'A .latent or .safetensors file.' }],
  flags: [
    { name: 'name', value: 'TEXT', help: 'Name of the run. (from the file)' },
    {
      name: 'config',
      value: 'FILE',
      help: 'Weights only: JSON file with the settings of the network, such as "config" in latent show --json.',
    },
    {
      name: 'preset',
      value: 'NAME',
      help: `Weights only: use the settings of a preset: ${presetNames.join(', ')}.`,
    },
    {
      name: 'dataset',
      value: 'NAME',
      help: 'Weights only: the data set; needs --config or --preset.',
    },
    {
      name: 'layout',
      value: 'NAME',
      help: `Weights only: ${weightLayouts.join(' or ')}. (from the metadata of the file)`,
    },
    {
      name: 'step',
      value: 'N',
      help: 'Weights only: training step of the weights. (from the metadata, or 0)',
    },
  ],
  examples: [
    'latent import run.latent',
    'latent import model.safetensors --name "trained elsewhere"',
    'latent import weights.safetensors --preset elbo-2d --layout pytorch',
  ],
  makesFolder: true,
  run: importRun,
}

async function importRun(call: Call): Promise<void> {
  const { flags, terminal } = call
  const name = flags.text('name')
  if (name !== undefined && (name.trim() === '' || name.length > 200))
    throw new StudioError(
      'bad-input',
      `--name: expected 1 to 200 characters, found ${name.trim() === '' ? 'none' : name.length}.`,
    )
  const weights = weightsGiven(flags)
  const path = pathGiven('PATH', call.arguments[0]!)
  await withSession(
    call,
    async ({ client }) => {
      const job = {
        kind: 'import' as const,
        path,
        ...(name === undefined ? {} : { name }),
        ...(weights ? { weights } : {}),
      }
      await withJob(client, terminal, job, async (result) => {
        const run = await client.runs.get({ run: result.run })
        const { damaged = [] } = result
        for (const { step, why } of damaged)
          terminal.note(
            `The checkpoint of step ${count(step)} in the file is damaged and was skipped: ${why}.`,
          )
        terminal.print(text(run))
        terminal.document({ run, damaged })
      })
    },
    { once: true },
  )
}

function weightsGiven(flags: Flags) {
  const given = ['config', 'preset', 'dataset', 'layout', 'step'].filter((name) => flags.on(name))
  if (given.length === 0) return undefined
  const preset = flags.text('preset') === undefined ? null : presetNamed(flags.text('preset'))
  const config = configGiven(flags, preset)
  return {
    preset,
    ...(config ? { config } : {}),
    ...(flags.on('layout')
      ? { layout: choiceGiven(flags, 'layout', weightLayouts, 'tensorflow') }
      : {}),
    ...(flags.on('step') ? { step: wholeNumber(flags, 'step', 0, 0, 100_000_000) } : {}),
  }
}

function configGiven(
  flags: Flags,
  preset: ReturnType<typeof presetNamed>,
): Record<string, unknown> | undefined {
  const [file, dataset] = [flags.text('config'), flags.text('dataset')]
  const changes = dataset === undefined ? {} : { dataset }
  if (file !== undefined && preset !== null)
    throw new StudioError(
      'bad-input',
      'Expected --config or --preset, found both. Leave one of them out.',
    )
  if (file === undefined && preset === null) {
    if (dataset === undefined) return undefined
    throw new StudioError(
      'bad-input',
      '--dataset: expected --config or --preset as well, found neither. Add one of them.',
    )
  }
  return { ...configFrom(preset, { ...(file === undefined ? {} : settingsIn(file)), ...changes }) }
}

/**
 * The settings in a file: of the network alone, or the document that `latent show --json` prints.
 */
function settingsIn(file: string): Record<string, unknown> {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    throw new StudioError(
      'bad-input',
      `--config: expected a JSON file with settings, found ${fileReason(error)}: ${file}`,
    )
  }
  const value = strictJson(content, '--config') as {
    run?: { config?: unknown }
    config?: unknown
  } | null
  const settings = value?.run?.config ?? value?.config ?? value
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new StudioError(
      'bad-input',
      '--config: expected a JSON object of settings, found another value. Use "config" from latent show --json.',
    )
  return settings as Record<string, unknown>
}

function text(run: Run): string {
  const next =
    run.status === 'finished' || run.status === 'diverged'
      ? `latent manifold ${run.id} --out manifold.png`
      : `latent resume ${run.id}`
  return [
    `Run ${run.id} "${run.name}" imported: ${run.status}, ${count(run.step)} of ${count(run.totalSteps)} steps`,
    pairs([
      [
        'weights',
        `${count(run.parameterCount)} parameters, latent size ${run.config.latentSize}, ${run.config.dataset}`,
      ],
      ['next', next],
    ]),
  ].join('\n')
}
