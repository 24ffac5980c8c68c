// Where a path begins, passes and ends, as it is given on the command line: an image by its number
// in a split, a class, or a point of the latent space.
import type { Client } from '../../preload/contract/client.ts'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Split } from '../../preload/contract/records.ts'
import { splitCodes, type Codes } from './codes.ts'
import type { Call } from './command.ts'
import { type Model } from './model.ts'

export type Stop =
  | { kind: 'image'; index: number }
  | { kind: 'class'; label: number }
  | { kind: 'point'; z: number[] }

export const stopHelp =
  'an image number in the split, class:3 (the mean code of the class), or z:0.5,-1 (a point)'

/** Throws `bad-input`, which names the flag. */
export function stopGiven(flag: string, text: string, split: Split, model: Model): Stop {
  const refuse = (expected: string) =>
    new StudioError('bad-input', `--${flag}: expected ${expected}, found "${text}".`)
  const { images, classes } = model.image
  const [, kind, value] = /^\s*(?:(class|z)\s*:)?(.*)$/s.exec(text)!
  if (kind === 'class') {
    const name = value!.trim()
    const label =
      /^\d+$/.test(name) && Number(name) < classes.length ? Number(name) : classes.indexOf(name)
    if (label < 0)
      throw refuse(
        classes.length > 0 ? `one of the classes ${classes.join(', ')}` : 'images with labels',
      )
    return { kind, label }
  }
  if (kind === 'z') {
    const z = value!.split(',').map((number) => Number(number.trim() || NaN))
    if (z.length !== model.latentSize || !z.every(Number.isFinite))
      throw refuse(`${model.latentSize} comma-separated numbers (the latent size)`)
    return { kind: 'point', z }
  }
  const index = /^\d+$/.test(value!.trim()) ? Number(value) : NaN
  if (!(index < images[split]))
    throw refuse(`${stopHelp}; images of the ${split} split are numbered 0 to ${images[split] - 1}`)
  return { kind: 'image', index }
}

export function stopName(stop: Stop, split: Split, model: Model): string {
  if (stop.kind === 'image') return `${split} image ${stop.index}`
  return stop.kind === 'class'
    ? `class ${model.image.classes[stop.label]}`
    : `z (${stop.z.join(', ')})`
}

/**
 * The point of each stop, from the same weights: the posterior mean of an image, the mean of those
 * of a class.
 */
export async function stopPoints(
  client: Client,
  model: Model,
  stops: readonly Stop[],
  split: Split,
  checkpoint: CheckpointChoice,
  call: Call,
): Promise<{ points: number[][]; choice: CheckpointChoice }> {
  const Z = model.latentSize
  let choice = checkpoint
  let codes: Codes | undefined // of the whole split, once a class is asked for
  const points: number[][] = []
  for (const stop of stops) {
    if (stop.kind === 'point') points.push(stop.z)
    else if (stop.kind === 'image') {
      const images = { kind: 'split' as const, split, first: stop.index, count: 1 }
      const answer = await client.latent.encode({ run: model.run.id, checkpoint: choice, images })
      choice = answer.step
      points.push([...floatsOf(answer.codes).subarray(0, Z)])
    } else {
      codes ??= await splitCodes(client, model, split, model.image.images[split], choice, call)
      choice = codes.step
      points.push(classMean(codes, stop.label, Z))
    }
  }
  return { points, choice }
}

/** Mean of the posterior means of a class; the codes are N x 2Z. */
export function classMean(
  { codes, labels }: Pick<Codes, 'codes' | 'labels'>,
  label: number,
  Z: number,
): number[] {
  const members = labels.flatMap((found, index) => (found === label ? [index] : []))
  if (members.length === 0)
    throw new StudioError(
      'bad-input',
      `Expected images of class ${label} in the split, found none. Choose another class or split.`,
    )
  return Array.from(
    { length: Z },
    (_, d) => members.reduce((sum, i) => sum + codes[i * 2 * Z + d]!, 0) / members.length,
  )
}
