// Whether WebGL pays on this machine for many points: found out once, by drawing them.
import type { PointLayer } from '../../../draw/pointLayer.ts'
import type { Points, PointStyle, Window } from '../../../draw/points.ts'

const most = 12 // milliseconds of one drawing; setting 70,000 points by hand takes about 5

class Verdict {
  /** True when one drawing took longer than a screen's frame has room for. */
  slow = $state(false)
  /** Milliseconds of the drawing that was judged. */
  milliseconds: number | null = null

  judge(layer: PointLayer, points: Points, window: Window, style: PointStyle): void {
    if (this.milliseconds !== null) return
    this.milliseconds = layer.time(points, window, style)
    this.slow = this.milliseconds > most
    performance.measure('latent-webgl', { start: 0, end: this.milliseconds })
  }
}

export const verdict = new Verdict()
