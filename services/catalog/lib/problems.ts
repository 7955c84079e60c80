import { defineProblems } from '@headroom/kit/errors'

/** What catalog may answer beside the codes every service has. */
export const problems = defineProblems({
  event_not_found: [404, 'No such event'],
})
