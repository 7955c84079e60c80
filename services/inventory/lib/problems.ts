import { defineProblems } from '@headroom/kit/errors'

/** What inventory may answer beside the codes every service has. */
export const problems = defineProblems({
  event_not_found: [404, 'No such event'],
  tier_not_found: [404, 'No such event, or it has no such tier'],
  hold_not_found: [404, 'No such hold'],
  sold_out: [409, 'Fewer tickets remain than were asked for'],
  hold_expired: [409, 'The hold has expired or was released'],
  hold_confirmed: [409, 'The hold is confirmed and cannot be released'],
  order_id_reused: [422, 'The order id already belongs to a hold for something else'],
})
