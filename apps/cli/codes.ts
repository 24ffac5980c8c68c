// The posteriors of a split's images, asked for in pieces, all from the same weights.
import type { Client } from '../../preload/contract/client.ts'
import { floatsOf } from '../../preload/contract/bytes.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Split } from '../../preload/contract/records.ts'
import { choiceGiven, type Call, type Flag, type Flags } from './command.ts'
import { portion, type Model } from './model.ts'

const splits: readonly Split[] = ['train', 'validation', 'test']
const largestPiece = 10_000

export const splitFlag: Flag = {
  name: 'split',
  value: 'NAME',
  help: 'Split to use: train, validation or test. (test)',
}

export function splitGiven(flags: Flags): Split {
  return choiceGiven(flags, 'split', splits, 'test')
}

export interface Codes {
  /** N x 2Z, [mean | log variance]. */
  codes: Float32Array
  /** Class of each image; empty without labels. */
  labels: number[]
  step: number
}

/** The first `count` images of a split. */
export async function splitCodes(
  client: Client,
  model: Model,
  split: Split,
  count: number,
  checkpoint: CheckpointChoice,
  call: Call,
): Promise<Codes> {
  const width = 2 * model.latentSize
  const codes = new Float32Array(count * width)
  const labels: number[] = []
  const size = portion(1, width * 4, largestPiece)
  let choice = checkpoint
  for (let first = 0; first < count; first += size) {
    const images = { kind: 'split' as const, split, first, count: Math.min(size, count - first) }
    const answer = await client.latent.encode({ run: model.run.id, checkpoint: choice, images })
    codes.set(floatsOf(answer.codes), first * width)
    labels.push(...answer.labels)
    choice = answer.step
    call.terminal.progress(
      `encoded ${first + answer.count}/${count} images`,
      (first + answer.count) / count,
    )
  }
  call.terminal.settle()
  return { codes, labels, step: choice as number }
}

/**
 * One row an image; nine digits give every float32 back. The label is empty where there is none.
 */
export function codesCsv(codes: Float32Array, labels: readonly number[], Z: number): string {
  const names = ['mu', 'logvar'].flatMap((part) =>
    Array.from({ length: Z }, (_, d) => `${part}_${d + 1}`),
  )
  const rows = [`index,label,${names.join(',')}`]
  for (let i = 0; i * 2 * Z < codes.length; i++) {
    const values = Array.from(codes.subarray(i * 2 * Z, (i + 1) * 2 * Z), (value) =>
      Number(value.toPrecision(9)),
    )
    rows.push(`${i},${labels[i] ?? ''},${values.join(',')}`)
  }
  return `${rows.join('\n')}\n`
}
