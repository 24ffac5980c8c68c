// What the Samplers tool shows: draws from the prior, from a mixture fitted to the codes, and the
// centres of K-means, with what the clusters say. In training they are fitted when somebody asks
// for it, not again and again.
import { mostClustersOf, mostDraws, type Clusters } from '../../../../preload/contract/analysis.ts'
import { client } from '../../../client/connection.svelte.ts'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { joinTiles } from '../../../draw/gather.ts'
import { router } from '../../../router.svelte.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { tilesOf } from '../../latent/answers.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { CodesPlot } from '../pick/codesPlot.svelte.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import { clusterRows, drawsOf, methods, parseCluster, type Method } from './clusterRows.ts'

const usualClusters = 10
const nearImages = 48 // around a chosen centre of K-means

export interface Fitted {
  answer: Clusters
  tiles: Tiles
}

/** Pictures of a column with the latent vector of each; images of the data have none. */
export interface Sheet {
  tiles: Tiles | null
  z: readonly (readonly number[] | null)[]
}

export class Samplers {
  readonly subject: ExploreContext
  readonly codesPlot: CodesPlot
  fitted = $state.raw<Partial<Record<Method, Fitted>>>({})
  /** What is being computed. */
  busy = $state.raw<readonly Method[]>([])
  problem = $state.raw<Problem | null>(null)
  #near = $state.raw<{ of: Fitted; cluster: number; tiles: Tiles } | null>(null)
  #again = $state(0)
  readonly #queue: RequestQueue
  // fits that another number of clusters or seed has overtaken end at once
  #round = new AbortController()

  /** Make it while a component starts. */
  constructor(subject: ExploreContext) {
    this.subject = subject
    this.#queue = new RequestQueue(
      ['prior', 'kmeans', 'near', 'statistics', 'codes', 'mixture'],
      (thrown) => {
        this.problem = problemFrom(thrown)
        this.codesPlot.codes.busy = false
      },
    )
    this.codesPlot = new CodesPlot(subject, this.#queue, () => true)
    void datasets.load()
    $effect(() => () => this.#round.abort())
    $effect(() => () => this.#queue.close())
    $effect(() => this.#askFits())
    $effect(() => this.#askNear())
  }

  readonly data = $derived.by(
    () => datasets.list.find((each) => each.name === this.subject.run?.config.dataset) ?? null,
  )
  readonly mostClusters = $derived.by(() => mostClustersOf(this.subject.latentSize))
  readonly k = $derived.by(() => {
    const most = this.mostClusters
    const usual = this.subject.classes.length >= 2 ? this.subject.classes.length : usualClusters
    return Math.max(1, Math.min(most, Math.round(router.number('k', Math.min(most, usual)))))
  })
  /** Of the draws; fits always begin alike, so that clusters keep their numbers. */
  readonly seed = $derived.by(() =>
    Math.max(0, Math.min(4_294_967_295, Math.round(router.number('seed', 0)))),
  )

  /** The cluster that is looked at alone. */
  readonly chosen = $derived.by(() => {
    const found = parseCluster(router.params['cluster'])
    return found && found.cluster < (this.fitted[found.method]?.answer.clusters.length ?? this.k)
      ? found
      : null
  })

  /** Whose clusters the table lists. */
  readonly listed = $derived.by((): 'mixture' | 'kmeans' =>
    router.params['clusters'] === 'kmeans' ? 'kmeans' : 'mixture',
  )

  rowsOf(method: Method) {
    const found = this.fitted[method]
    return found ? clusterRows(found.answer) : []
  }

  /** Looks at one cluster alone, or at all again when it was that one already. */
  choose(method: Method, cluster: number): void {
    const same = this.chosen?.method === method && this.chosen.cluster === cluster
    router.set({
      cluster: same ? null : `${method}:${cluster + 1}`,
      clusters: method === 'kmeans' ? method : null,
    })
  }

  /** Fits once more, with the weights of now. */
  fitAgain(): void {
    this.#again += 1
  }

  /**
   * The pictures of one column: its draws, of the chosen cluster alone where there is one, at most
   * `most`.
   */
  sheetOf(method: Method, most: number): Sheet {
    const found = this.fitted[method]
    if (!found) return { tiles: null, z: [] }
    const cluster = this.chosen?.method === method ? this.chosen.cluster : null
    const indices = drawsOf(found.answer, cluster).slice(0, most)
    const parts = indices.map((index) => tileAt(found.tiles, index))
    const z: (readonly number[] | null)[] = indices.map((index) => found.answer.draws[index]!)
    const near =
      method === 'kmeans' && this.#near?.cluster === cluster && this.#near.of === found
        ? this.#near
        : null
    if (near) {
      for (let i = 0; i < near.tiles.count && parts.length < most; i++) {
        parts.push(tileAt(near.tiles, i))
        z.push(null)
      }
    }
    return { tiles: parts.length > 0 ? joinTiles(parts) : null, z }
  }

  #askFits(): void {
    const { subject, k, seed, data } = this
    const { askable: checkpoint, source } = subject
    void subject.model
    void this.#again
    if (checkpoint === null || data === null) return
    this.#round.abort()
    const round = (this.#round = new AbortController())
    const draws = mostDraws(data.width * data.height * data.channels, subject.latentSize, k)
    const asked = { run: source.id, checkpoint, k, draws, drawSeed: seed }
    this.busy = methods
    for (const method of methods) {
      this.#queue.ask(method, async (signal) => {
        try {
          const answer = await client.analysis.clusters(
            { ...asked, method },
            { signal: AbortSignal.any([signal, round.signal]) },
          )
          const tiles = tilesOf(answer)
          if (round.signal.aborted || checkpoint !== subject.weights) return
          this.fitted = { ...this.fitted, [method]: { answer, tiles } }
          this.problem = null
        } catch (thrown) {
          if (!round.signal.aborted) throw thrown
        } finally {
          if (round === this.#round) this.busy = this.busy.filter((each) => each !== method)
        }
      })
    }
  }

  // K-means draws nothing but its centre: beside it stand the images nearest to it
  #askNear(): void {
    const { subject, chosen } = this
    const { askable: checkpoint, source } = subject
    const of = chosen?.method === 'kmeans' ? this.fitted.kmeans : undefined
    const centre = of?.answer.clusters[chosen!.cluster]?.centre
    if (checkpoint === null || chosen === null || of === undefined || centre === undefined) return
    this.#queue.ask('near', async (signal) => {
      const answer = await client.analysis.nearest(
        { run: source.id, checkpoint, z: [centre], count: nearImages },
        { signal },
      )
      const tiles = tilesOf(answer)
      if (checkpoint === subject.weights) this.#near = { of, cluster: chosen.cluster, tiles }
    })
  }
}
