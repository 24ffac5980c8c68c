// The three curves of a run's loss, kept beside its stored series and cut into panels for the
// charts.
import type { Validation } from '../../../preload/contract/records.ts'
import { Curve } from '../../draw/curve.ts'
import type { Panel } from '../../draw/panel.ts'
import type { Series } from '../../state/series.ts'

export const lossParts = ['reconstruction', 'kl', 'total'] as const
export type LossPart = (typeof lossParts)[number]
export const partTitles: Record<LossPart, string> = {
  reconstruction: 'Reconstruction',
  kl: 'KL',
  total: 'Total',
}

export class LossCurves {
  readonly #curves: Record<LossPart, Curve> = {
    reconstruction: new Curve(),
    kl: new Curve(),
    total: new Curve(),
  }

  /** Takes over what is new; horizon in steps, 0 for no smoothing. */
  follow(series: Series, horizon: number): void {
    const reconstruction = series.column('reconstruction')
    const kl = series.column('kl')
    this.#curves.reconstruction.follow([reconstruction], horizon)
    this.#curves.kl.follow([kl], horizon)
    this.#curves.total.follow([reconstruction, kl], horizon)
  }

  /**
   * One part over a stretch of steps, in about as many points as there are pixels; raw: with the
   * values under the smooth line.
   */
  panel(
    part: LossPart,
    { from, to }: { from: number; to: number },
    pixels: number,
    validations: readonly Validation[],
    log: boolean,
    raw: boolean,
  ): Panel {
    const curve = this.#curves[part]
    return {
      title: partTitles[part],
      unit: 'nats per image',
      from,
      to,
      raw,
      train: log ? curve.thinLog(from, to, pixels) : curve.thin(from, to, pixels),
      validation: {
        steps: validations.map((item) => item.step),
        values: validations.map((item) => item[part]),
      },
    }
  }

  /**
   * Smoothed and raw value at a step, at the last one for a step still to come; null where there is
   * none.
   */
  at(part: LossPart, step: number): { smoothed: number; raw: number } | null {
    const curve = this.#curves[part]
    const index = Math.min(step, curve.length) - 1
    return index < 0 ? null : { smoothed: curve.smoothed[index]!, raw: curve.values[index]! }
  }
}
