/** Preloaded into a server under test (`node --import`): tells its port once it listens, and its CPU time when asked, over the IPC channel. */
process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.cpuUsage())
})
process.channel?.unref()
