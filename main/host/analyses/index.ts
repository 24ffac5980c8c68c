// Which file answers which question about a latent space.
import { density } from './density.ts'
import { nearest } from './nearest.ts'
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
    case 'clusters':
    case 'project':
      return Promise.reject(new Error(`nobody answers ${question.kind} yet`))
  }
}
