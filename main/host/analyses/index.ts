// Which file answers which question about a latent space.
import { clusters } from './clusters.ts'
import { density } from './density.ts'
import { explain } from './explain.ts'
import { nearest } from './nearest.ts'
import { project } from './project.ts'
import type { AnalysisAnswer, AnalysisQuestion } from './question.ts'
import { statistics } from './statistics.ts'
import type { Subject } from './subject.ts'

export function analyse(question: AnalysisQuestion, subject: Subject): Promise<AnalysisAnswer> {
  switch (question.kind) {
    case 'statistics':
      return statistics(question, subject)
    case 'density':
      return density(question, subject)
    case 'nearest':
      return nearest(question, subject)
    case 'explain':
      return explain(question, subject)
    case 'clusters':
      return clusters(question, subject)
    case 'project':
      return project(question, subject)
  }
}
