// A job from start to end through the contract, as every client does it.
import type { Client } from '../../preload/contract/client.ts'
import { StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { Job, JobKind, JobResult } from '../../preload/contract/jobs.ts'

type Started = Parameters<Client['jobs']['start']>[0]

/**
 * Starts a job and follows it; returns every state that the follower was told, the last of them its
 * end.
 */
export async function followed(client: Client, input: Started): Promise<Job[]> {
  const { id } = await client.jobs.start(input)
  const states: Job[] = []
  for await (const job of await client.jobs.follow({ job: id })) states.push(job)
  return states
}

/** What a job came to. Throws its error as a StudioError, like a call that does the same. */
export async function resultOf<Kind extends JobKind>(
  client: Client,
  input: Extract<Started, { kind: Kind }>,
): Promise<Extract<JobResult, { kind: Kind }>> {
  const job = (await followed(client, input as Started)).at(-1)!
  if (job.error) throw new StudioError(job.error.code as ErrorCode, job.error.message)
  if (job.status !== 'done')
    throw new Error(`expected "${job.title}" to be done, found it ${job.status}`)
  return job.result as Extract<JobResult, { kind: Kind }>
}

/** The first state of a job that fits, or its end. */
export async function reached(
  asked: Client,
  id: string,
  fits: (job: Job) => boolean,
): Promise<Job> {
  for await (const job of await asked.jobs.follow({ job: id }))
    if (fits(job) || job.status !== 'running') return job
  throw new Error('the follower ended without an end')
}
